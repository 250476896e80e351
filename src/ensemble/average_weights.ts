import type { NamedArray, NamedArrays } from '../nn/parameters.js';

/** The mean of several sets of weights of one network, taken in float64. The mean of equal sets is that set, bit for bit. */
export function soupOf(sets: readonly NamedArrays[]): NamedArrays {
  const [first = new Map<string, NamedArray>()] = sets;
  return new Map(
    [...first].map(([name, { shape, data }]) => {
      const mean = data.map((_, i) => {
        const sum = sets.reduce((total, set) => total + (set.get(name)?.data[i] ?? Number.NaN), 0);
        return sum / sets.length;
      });
      return [name, { shape, data: mean }];
    }),
  );
}

/** Whether two sets of weights of one network hold the same numbers. */
export function sameArrays(a: NamedArrays, b: NamedArrays): boolean {
  return [...a].every(([name, { data }]) => data.every((value, i) => value === b.get(name)?.data[i]));
}
