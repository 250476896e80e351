import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { shippedModels, weightsPath } from '../../train/shipped_models.js';
import type { Handler } from '../handler.js';

/** Trained networks that can be chosen: of runs, the latest name first, then those that come with fer-tui. */
export const listWeights: Handler<'weights.list'> = async ({ folder }) => {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const runs = names
    .map((name) => ({ label: `${name}, its best epoch`, path: join(folder, name, 'best.safetensors') }))
    .filter(({ path }) => existsSync(path))
    .sort((a, b) => b.label.localeCompare(a.label, 'en', { numeric: true }));
  const shipped = shippedModels().map((name) => ({
    label: `${name}, comes with fer-tui`,
    path: weightsPath(name),
  }));
  return [...runs, ...shipped];
};
