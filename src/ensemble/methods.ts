/**
 * How the shares of a vote are found: those with the lowest loss, those of greedy selection, or equal ones. Imports nothing:
 * the command line reads it before anything else.
 */
export const METHODS = ['fitted', 'greedy', 'equal'] as const;
export type Method = (typeof METHODS)[number];

/** Which networks go into a soup: all, or those that do not lower its accuracy. */
export const SOUPS = ['greedy', 'uniform'] as const;
export type SoupMethod = (typeof SOUPS)[number];
