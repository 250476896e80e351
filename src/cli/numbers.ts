import { UsageError } from '../util/errors.js';

/** Throws UsageError unless a number that was given for an option is at least so large. */
export function atLeast(option: string, value: number, least: number): void {
  if (value >= least) return;
  throw new UsageError(`${option} = ${value}: expected a number of ${least} or more`);
}

/** Throws UsageError unless a number that was given for an option is whole and at least so large. */
export function wholeNumber(option: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return;
  throw new UsageError(`${option} = ${value}: expected a whole number of ${least} or more`);
}
