import { loadDataset } from '../../src/data/load.js';
import type { Gpu } from '../../src/gpu/device.js';
import { findLab } from '../../src/labs/all.js';
import { type LabOptions, type LabReport, runLab } from '../../src/labs/kit/run_lab.js';
import { Control } from '../../src/train/control.js';

/** Drawn faces, 70 of them for validation. */
export const DRAWN = await loadDataset('synthetic:350');
/** The seeds of `tinyLab`. */
export const SEEDS = [3, 5] as const;

/** Runs a lab in its smallest setting: one epoch of 28 faces, with two seeds. */
export function tinyLab(gpu: Gpu, name: string, options: Partial<LabOptions> = {}): Promise<LabReport> {
  const common = { gpu, dataset: DRAWN, seeds: SEEDS, faces: 28, epochs: 1, control: new Control() };
  return runLab(findLab(name), { ...common, ...options });
}

/** The value of a measure in the run of a variant with a seed; NaN where there is none. */
export function numberOf(
  { results }: LabReport,
  variant: string,
  measure: string,
  seed: number = SEEDS[0],
): number {
  const run = results.runs.find((one) => one.variant === variant && one.seed === seed);
  return run?.numbers[measure] ?? Number.NaN;
}
