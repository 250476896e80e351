import { clamp } from '../util/clamp.js';
import type { Values } from './trial.js';

/** One value of a parameter. */
export type Value = Values[string];

/** The values that a parameter may take: those of a list, or a range of numbers. */
export type Domain = ListDomain | RangeDomain;

export interface ListDomain {
  readonly values: readonly Value[];
}

export interface RangeDomain {
  readonly min: number;
  readonly max: number;
  /** Equal factors are equally likely, not equal differences. */
  readonly log: boolean;
  /** The distance of two neighbours; undefined: any number between `min` and `max`. On a log scale it is 1 or undefined. */
  readonly step: number | undefined;
}

export const isRange = (domain: Domain): domain is RangeDomain => 'min' in domain;

/** Significant digits of a number drawn from a continuous range: enough for any setting, and short in commands and tables. */
const DIGITS = 4;

/** The value at a position in [0, 1). A uniformly distributed position gives equally likely values. */
export function valueAt(domain: Domain, position: number): Value {
  if (!isRange(domain)) {
    const { values } = domain;
    const value = values[Math.min(Math.floor(position * values.length), values.length - 1)];
    if (value === undefined) throw new RangeError('a parameter without values');
    return value;
  }
  const { min, max, log, step } = domain;
  const [low, high] = edges(domain);
  const x = log ? low * (high / low) ** position : low + (high - low) * position;
  if (step === undefined) return clamp(Number(x.toPrecision(DIGITS)), min, max);
  return levelAt(domain, step, clamp(Math.round((x - min) / step), 0, Math.round((max - min) / step)));
}

/** The position of a number of a range in [0, 1], the inverse of `valueAt`. */
export function positionOf(domain: RangeDomain, value: number): number {
  const [low, high] = edges(domain);
  return domain.log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
}

/** The interval of positions that give this value; undefined in a continuous range. */
export function stretchOf(domain: RangeDomain, value: number): readonly [number, number] | undefined {
  const { step } = domain;
  if (step === undefined) return undefined;
  return [positionOf(domain, value - step / 2), positionOf(domain, value + step / 2)];
}

/** All values of a parameter in order; undefined for a continuous range. */
export function valuesOf(domain: Domain): readonly Value[] | undefined {
  if (!isRange(domain)) return domain.values;
  const { min, max, step } = domain;
  if (step === undefined) return undefined;
  return Array.from({ length: Math.round((max - min) / step) + 1 }, (_, i) => levelAt(domain, step, i));
}

/** Numbers with a step fill bins: the first begins half a step below `min`. */
function edges({ min, max, step = 0 }: RangeDomain): readonly [number, number] {
  return [min - step / 2, max + step / 2];
}

/** min + i * step, without rounding errors such as that of 0.1 + 0.2. */
function levelAt({ min }: RangeDomain, step: number, i: number): number {
  return Number((min + i * step).toPrecision(12));
}
