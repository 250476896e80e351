import { resolveConfig } from '../train/config.js';
import { UsageError } from '../util/errors.js';
import { isRange } from './domain.js';
import { pointsOf, type Space } from './space.js';
import type { Values } from './trial.js';

/** Most combinations that are checked before a search begins; this takes about a second. */
const MOST = 10_000;

/**
 * Checks the combinations of a space before any of them is trained: all values of lists and of ranges with steps, and both ends
 * of any other range.
 * @param settings the settings that all trials share
 * @param where begins the message of the UsageError that an invalid combination throws
 */
export function checkCombinations(
  space: Space,
  settings: Readonly<Record<string, unknown>>,
  where: string,
): void {
  const ends: Space = {
    parameters: space.parameters.map((parameter) => {
      const { domain } = parameter;
      const known = !isRange(domain) || (domain.step !== undefined && !domain.log);
      return known ? parameter : { ...parameter, domain: { values: [domain.min, domain.max] } };
    }),
  };
  let checked = 0;
  for (const values of pointsOf(ends)) {
    if (checked++ === MOST) return;
    const refusal = refusalOf({ ...settings, ...values });
    if (refusal === undefined) continue;
    const text = Object.entries(values).map(([name, value]) => `${name}=${value}`);
    const why = `no training with ${text.join(' ')}: ${refusal.message}${conditionFor(ends, settings, values)}`;
    throw new UsageError(`${where}: ${why}`, { cause: refusal });
  }
}

/** The error of a training with these settings; undefined if they are valid. */
function refusalOf(settings: Readonly<Record<string, unknown>>): UsageError | undefined {
  try {
    resolveConfig(settings);
    return undefined;
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
}

/** If one parameter alone makes a combination invalid: a hint how to leave it out there. Else an empty text. */
function conditionFor(space: Space, settings: Readonly<Record<string, unknown>>, values: Values): string {
  const takes = (changed: Values): boolean => refusalOf({ ...settings, ...changed }) === undefined;
  for (const [name, value] of Object.entries(values)) {
    const { [name]: _, ...others } = values;
    if (!takes(others)) continue;
    for (const { name: other, domain } of space.parameters) {
      if (!(other in others) || isRange(domain)) continue;
      const fitting = domain.values.filter((one) => takes({ ...others, [other]: one, [name]: value }));
      if (fitting.length === 0) continue;
      const when = `when: { ${other}: [${fitting.join(', ')}] }`;
      return `; to leave ${name} out there, write it after ${other}, as { values: [...], ${when} }`;
    }
  }
  return '';
}
