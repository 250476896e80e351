/** A number and what it counts: `1 trial`, `2 trials`. */
export const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;
