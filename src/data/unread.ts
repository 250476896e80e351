import { printable } from '../util/printable.js';

/** Kinds of files that are not read, in the singular and the plural. */
const KINDS = {
  text: ['text or table', 'texts and tables'],
  folder: ['folder', 'folders'],
  outside: ['file outside the class folders', 'files outside the class folders'],
  other: ['other', 'others'],
} as const;

/**
 * A note about what is not read: how many, and the first; none where there is nothing.
 * @param names of the files @param where a sentence or a path before it
 */
export function notRead(kind: keyof typeof KINDS, names: readonly string[], where = ''): string[] {
  const [first] = names;
  if (first === undefined) return [];
  const [one, several] = KINDS[kind];
  const what = names.length === 1 ? one : several;
  return [printable(`${where}not read: ${names.length.toLocaleString('en')} ${what}, the first: ${first}`)];
}
