import { existsSync } from 'node:fs';
import { join } from 'node:path';
import protobuf from 'protobufjs';

/**
 * What decides whether two parties understand each other, taken out of .proto files as plain text
 * that can be compared: numbers, types, repetition, oneofs, enum values, methods. Comments, options
 * and order are left out.
 */
export type Shape = ReadonlyMap<string, Readonly<Record<string, string>>>;

/** Reads files, given by their path below one of the folders, with everything they import. */
export function readShape(files: readonly string[], folders: readonly string[]): Shape {
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) =>
    folders.map((folder) => join(folder, target)).find((path) => existsSync(path)) ?? target;
  root.loadSync([...files], { keepCase: true }).resolveAll();
  return shapeOf(root);
}

/**
 * Full name of each message, enum and service → its members, without Google's well-known types.
 */
export function shapeOf(root: protobuf.Root): Shape {
  const shape = new Map<string, Record<string, string>>();
  const visit = (item: protobuf.ReflectionObject) => {
    const name = nameOf(item);
    if (name.startsWith('google.')) return;
    if (item instanceof protobuf.Enum) shape.set(name, mapValues(item.values, String));
    if (item instanceof protobuf.Type) shape.set(name, mapValues(item.fields, describeField));
    if (item instanceof protobuf.Service) shape.set(name, mapValues(item.methods, describeMethod));
    if (item instanceof protobuf.Namespace) item.nestedArray.forEach(visit);
  };
  visit(root);
  return shape;
}

/** `2: envoy.service.ext_proc.v3.HttpHeaders, oneof request` */
function describeField(field: protobuf.Field): string {
  const type = field.resolvedType ? nameOf(field.resolvedType) : field.type;
  const full = field instanceof protobuf.MapField ? `map<${field.keyType}, ${type}>` : type;
  const oneof = field.partOf ? `, oneof ${field.partOf.name}` : '';
  return `${field.id}: ${field.repeated ? 'repeated ' : ''}${full}${oneof}`;
}

function describeMethod(method: protobuf.Method): string {
  const side = (type: protobuf.Type | null, stream?: boolean) =>
    `${stream ? 'stream ' : ''}${type ? nameOf(type) : '?'}`;
  return `${side(method.resolvedRequestType, method.requestStream)} → ${side(method.resolvedResponseType, method.responseStream)}`;
}

function nameOf(item: protobuf.ReflectionObject): string {
  return item.fullName.replace(/^\./, '');
}

function mapValues<In>(record: Record<string, In>, describe: (value: In) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, describe(value)]));
}
