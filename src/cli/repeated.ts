import { UsageError } from '../util/errors.js';

/**
 * Refuses options that were given twice: which of the values was meant?
 * @param declared options by name @param values what yargs has read, by name too: a list where an option was repeated
 */
export function checkRepeated(
  declared: Readonly<Record<string, object>>,
  values: Readonly<Record<string, unknown>>,
): void {
  for (const [name, declaration] of Object.entries(declared)) {
    const value = values[name];
    if (!('array' in declaration) && Array.isArray(value)) {
      throw new UsageError(`${name} was given ${value.length} times: expected once`);
    }
  }
}
