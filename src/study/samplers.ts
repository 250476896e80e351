import type { Monitor } from '../train/callbacks/monitor.js';
import { gridSampler, randomSampler } from './point_samplers.js';
import type { Space } from './space.js';
import { tpeSampler } from './tpe.js';
import type { Sampler } from './trial.js';

/** How a study chooses the settings of a new trial. */
export const METHODS = ['grid', 'random', 'tpe'] as const;
export type Method = (typeof METHODS)[number];

/** What a sampler needs to know of its study. */
export interface SamplerOptions {
  readonly method: Method;
  readonly seed: number;
  /** What the curves of the trials show. */
  readonly objective: Monitor;
}

/** The sampler of a study. Throws UsageError when the method does not fit the space. */
export function samplerOf(space: Space, { method, seed, objective }: SamplerOptions): Sampler {
  switch (method) {
    case 'grid':
      return gridSampler(space);
    case 'random':
      return randomSampler(space, seed);
    case 'tpe':
      return tpeSampler(space, seed, objective);
  }
}
