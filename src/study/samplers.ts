import type { Monitor } from '../train/callbacks/monitor.js';
import { gridSampler, randomSampler } from './point_samplers.js';
import type { Space } from './space.js';
import { tpeSampler } from './tpe.js';
import type { Sampler } from './trial.js';

/** How a study chooses the settings of a new trial. */
export const METHODS = ['grid', 'random', 'tpe'] as const;
export type Method = (typeof METHODS)[number];

/** The settings of a study that a sampler needs. */
export interface SamplerOptions {
  readonly method: Method;
  readonly seed: number;
  /** The metric of the trials' curves. */
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
