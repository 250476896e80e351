import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { shippedModels, weightsPath } from '../../train/shipped_models.js';
import type { Handler } from '../handler.js';

/** Trained networks that can be chosen: those that come with fer-tui, then of runs, the latest first. */
export const listWeights: Handler<'weights.list'> = async ({ folder }) => {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const runs = names
    .map((name) => ({ label: `${name}, its best epoch`, path: join(folder, name, 'best.safetensors') }))
    .filter(({ path }) => existsSync(path))
    .sort((a, b) => statSync(b.path).mtimeMs - statSync(a.path).mtimeMs);
  const shipped = shippedModels().map((name) => ({
    label: `${name}, comes with fer-tui`,
    path: weightsPath(name),
  }));
  return [...shipped, ...runs];
};
