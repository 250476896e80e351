import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { shippedModels, weightsPath } from '../../train/shipped_models.js';
import type { Handler } from '../handler.js';

/** Lists the trained networks: those that come with fer-tui, then the best epoch of each run, newest first. */
export const listWeights: Handler<'weights.list'> = async ({ folder }) => {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const runs = names
    .map((name) => ({ label: `${name}, best epoch`, path: join(folder, name, 'best.safetensors') }))
    .filter(({ path }) => existsSync(path))
    .sort((a, b) => statSync(b.path).mtimeMs - statSync(a.path).mtimeMs);
  const shipped = shippedModels().map((name) => ({
    label: `${name}, comes with fer-tui`,
    path: weightsPath(name),
  }));
  return [...shipped, ...runs];
};
