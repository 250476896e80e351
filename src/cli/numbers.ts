import { UsageError } from '../util/errors.js';

/** Throws UsageError unless a number that was given for an option is at least so large. */
export function atLeast(option: string, value: number, least: number): void {
  if (value >= least) return;
  throw new UsageError(`${option} = ${given(option, value)}: expected a number of ${least} or more`);
}

/** Throws UsageError unless a number that was given for an option is whole and at least so large. */
export function wholeNumber(option: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return;
  throw new UsageError(`${option} = ${given(option, value)}: expected a whole number of ${least} or more`);
}

/** The value of an option as it was typed: yargs makes NaN of a text. */
function given(option: string, value: number): string {
  const words = process.argv;
  const [long, at] = [`--${option}=`, words.lastIndexOf(`--${option}`)];
  const joined = words.findLast((word) => word.startsWith(long))?.slice(long.length);
  return Number.isNaN(value)
    ? (joined ?? words[at < 0 ? words.length : at + 1] ?? 'no number')
    : String(value);
}
