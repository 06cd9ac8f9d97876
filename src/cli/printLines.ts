import { escapeControlsInLines } from '../controlCharacters.ts';

/**
 * Writes what a command answers. Parts of it may come from records in etcd, from an admin port or
 * from a file: none of them reaches the terminal as a control character.
 *
 * @param text whole lines
 */
export function printLines(text: string): void {
  process.stdout.write(escapeControlsInLines(text));
}

/** The same for what went wrong. */
export function printErrorLines(text: string): void {
  process.stderr.write(escapeControlsInLines(text));
}
