/**
 * The known word most similar to a mistyped one; undefined if none is similar. Similar words differ in at most a third of the
 * letters, or the mistyped word starts with the known one.
 */
export function nearest(typed: string, words: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(1, Math.floor(typed.length / 3)) + 1;
  for (const word of words) {
    const apart = word.length > 2 && typed.startsWith(word) ? 1 : editDistance(typed, word);
    if (apart < least) [best, least] = [word, apart];
  }
  return best;
}

/**
 * The number of letters to insert, delete or replace, or to swap with the next one, to turn `a` into `b` (Damerau 1964, where no
 * letter is edited twice).
 */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + Number(a[i - 1] !== b[j - 1]);
      const least = Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      next.push(isSwap ? Math.min(least, (before[j - 2] ?? 0) + 1) : least);
    }
    [before, row] = [row, next];
  }
  return row[b.length] ?? 0;
}
