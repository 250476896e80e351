import { UsageError } from '../util/errors.js';
import { nearest } from '../util/nearest.js';
import { activation } from './activation.js';
import { augmentation } from './augmentation.js';
import { batchNorm } from './batch_norm.js';
import { batchSize } from './batch_size.js';
import { depth } from './depth.js';
import { dropout } from './dropout.js';
import { hybrid } from './hybrid.js';
import { init } from './init.js';
import type { Lab } from './kit/lab.js';
import { learningRate } from './learning_rate.js';
import { optimizer } from './optimizer.js';
import { overfit } from './overfit.js';
import { precision } from './precision.js';
import { vanishing } from './vanishing.js';

/** Every lab, in the order of a course. */
export const LABS: readonly Lab[] = [
  init,
  overfit,
  batchNorm,
  dropout,
  activation,
  optimizer,
  learningRate,
  batchSize,
  vanishing,
  augmentation,
  depth,
  hybrid,
  precision,
];

/** A lab by its name. Throws UsageError that names the nearest one. */
export function findLab(name: string): Lab {
  const lab = LABS.find((known) => known.name === name);
  if (lab !== undefined) return lab;
  const names = LABS.map((known) => known.name);
  const near = nearest(name, names);
  const hint = near === undefined ? '' : `; did you mean "${near}"?`;
  throw new UsageError(`no lab "${name}"; expected one of ${names.join(', ')}${hint}`);
}
