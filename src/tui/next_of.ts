/** The element after `from` in a list, or `step` further on; after the last comes the first. */
export function nextOf<T>(list: readonly T[], from: T, step = 1): T {
  return list[(list.indexOf(from) + step + list.length) % list.length] as T;
}
