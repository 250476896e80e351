import { UsageError } from '../util/errors.js';
import type { NumberRange } from './declaration.js';

/**
 * Checks the numbers that were given for options: yargs makes NaN of a text.
 * @param declared options by name @param values what yargs has read, by name too
 * Throws UsageError for a value that is not a number, or is outside the range of its declaration.
 */
export function checkNumbers(
  declared: Readonly<Record<string, { readonly type?: string | undefined } & NumberRange>>,
  values: Readonly<Record<string, unknown>>,
): void {
  for (const [name, { type, least, whole = false }] of Object.entries(declared)) {
    if (type !== 'number') continue;
    for (const value of [values[name]].flat()) {
      if (typeof value !== 'number') continue;
      const good = Number.isFinite(value) && (!whole || Number.isInteger(value)) && value >= (least ?? value);
      if (good) continue;
      const found = Number.isNaN(value) ? '' : ` = ${value}`;
      const from = least === undefined ? '' : ` of ${least} or more`;
      throw new UsageError(`${name}${found}: expected a ${whole ? 'whole ' : ''}number${from}`);
    }
  }
}
