import type { Rejection } from '../scheduling/decision.ts';
import type { Endpoint } from '../scheduling/endpoint.ts';
import { type ExtensionFilter, type ExtensionRejection, rejectionStatuses } from '../scheduling/extension.ts';
import type { Filter } from '../scheduling/filter.ts';
import type { ReportExtensionError } from './containPolicy.ts';

const errorCode = /^[a-z0-9_]{1,64}$/;
const longestMessage = 1_024;

/**
 * The filter of an extension, such that its errors harm one request: where it throws or returns
 * something else than its contract has, the request is rejected. It is not left out, because it may
 * be what keeps tenants apart.
 */
export function containFilter(filter: ExtensionFilter, report: ReportExtensionError): Filter {
  const { name, summary } = filter;
  return {
    name,
    summary,
    apply(request, endpoints, context) {
      try {
        return resultOf(name, filter.apply(request, endpoints, { all: context.all }), endpoints);
      } catch (error) {
        report(name, error);
        return { kind: 'filter-failed', filter: name };
      }
    },
  };
}

function resultOf(
  filter: string,
  result: readonly Endpoint[] | ExtensionRejection,
  endpoints: readonly Endpoint[],
): readonly Endpoint[] | Rejection {
  if (result === endpoints) return endpoints;
  if (!isList(result)) return { kind: 'rejected-by-filter', filter, ...rejectionOf(result) };
  if (result.length === 0) {
    const message = `No ready endpoint passes the filter ${filter}.`;
    return { kind: 'rejected-by-filter', filter, status: 503, code: 'no_endpoint_passes', message };
  }
  const given = new Set(endpoints);
  if (new Set(result).size !== result.length || !result.every((endpoint) => given.has(endpoint)))
    throw new Error('apply returned endpoints that it was not given, or one twice');
  return result;
}

function rejectionOf({ status, code, message }: ExtensionRejection): ExtensionRejection {
  const isValid =
    rejectionStatuses.includes(status) &&
    errorCode.test(code) &&
    typeof message === 'string' &&
    message.length <= longestMessage;
  if (isValid) return { status, code, message };
  throw new Error(
    `apply returned neither endpoints nor { status: ${rejectionStatuses.join(' | ')}, code, message }`,
  );
}

function isList(result: readonly Endpoint[] | ExtensionRejection): result is readonly Endpoint[] {
  return Array.isArray(result);
}
