import { UsageError } from '../util/errors.js';

/**
 * Refuses texts that are empty, as an unset variable of a shell leaves them: no path, name or setting is.
 * @param declared arguments by name; one that may stand without a value may be empty @param values what yargs has read, by name too
 */
export function checkEmpty(
  declared: Readonly<Record<string, object>>,
  values: Readonly<Record<string, unknown>>,
): void {
  for (const [name, declaration] of Object.entries(declared)) {
    const optional = 'requiresArg' in declaration && declaration.requiresArg === false;
    if (!optional && [values[name]].flat().includes('')) {
      throw new UsageError(`${name}: it is empty; expected a value, or leave it out`);
    }
  }
}
