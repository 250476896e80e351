import { resolveConfig } from '../train/config.js';
import { UsageError } from '../util/errors.js';
import { isRange } from './domain.js';
import { pointsOf, type Space } from './space.js';

/** Combinations that are checked before a search begins, at most: it takes about a second. */
const MOST = 10_000;

/**
 * Checks the combinations of a space before any of them is trained: all values of lists and of ranges with steps, and both
 * ends of any other range.
 * @param settings that all trials share
 * @param where begins the message of the UsageError that a combination throws that no training takes
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
    try {
      resolveConfig({ ...settings, ...values });
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      const text = Object.entries(values).map(([name, value]) => `${name}=${value}`);
      throw new UsageError(`${where}: no training with ${text.join(' ')}: ${error.message}`, {
        cause: error,
      });
    }
  }
}
