import { UsageError } from '../util/errors.js';
import { valueAt } from './domain.js';
import { ScrambledSobol, SOBOL_DIMENSIONS } from './sobol.js';
import { assign, checkGrid, pointsOf, type Space, sizeOf } from './space.js';
import type { Sampler, Values } from './trial.js';

/** Every combination of values once, the last parameter changing first. Throws UsageError for a range without a step. */
export function gridSampler(space: Space): Sampler {
  checkGrid(space);
  return once(pointsOf(space));
}

/**
 * Points of a scrambled Sobol sequence, which fill the space more evenly than independent random ones. In a finite space, no
 * point comes twice. Throws UsageError when there are more parameters than the sequence has dimensions.
 */
export function randomSampler(space: Space, seed: number): Sampler {
  return once(distinctPoints(space, seed));
}

function* distinctPoints(space: Space, seed: number): Generator<Values> {
  const size = sizeOf(space);
  const seen = new Set<string>();
  for (const values of sobolPoints(space, seed)) {
    const key = keyOf(values);
    if (seen.has(key)) continue;
    seen.add(key);
    yield values;
    if (seen.size === size) return;
  }
}

/** An endless sequence of points. */
function* sobolPoints(space: Space, seed: number): Generator<Values> {
  const dimensions = space.parameters.length;
  if (dimensions > SOBOL_DIMENSIONS) {
    throw new UsageError(`${dimensions} parameters; --method random takes up to ${SOBOL_DIMENSIONS}`);
  }
  const sequence = new ScrambledSobol(dimensions, seed);
  for (let i = 0; ; i++) {
    const point = sequence.point(i);
    yield assign(space, ({ domain }, parameter) => valueAt(domain, point[parameter] ?? 0));
  }
}

/** The same text for the same values of a space. */
export function keyOf(values: Values): string {
  return JSON.stringify(values);
}

/** A sampler that returns the trials of a generator in order. It takes the first one at once, so that errors come early. */
function once(trials: Generator<Values>): Sampler {
  const taken: Values[] = [];
  const take = (number: number): Values | undefined => {
    while (taken.length < number) {
      const { done, value } = trials.next();
      if (done) return undefined;
      taken.push(value);
    }
    return taken[number - 1];
  };
  take(1);
  return { suggest: take };
}
