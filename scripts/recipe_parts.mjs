/** Trains the parts of a shipped network's recipe, for the scripts that make or measure it again. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MODELS } from '../dist/train/shipped_models.js';

export const CLI = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const RECIPES = join(MODELS, 'recipes');

/** The networks that have a recipe. */
export function recipeNames() {
  return readdirSync(RECIPES).flatMap((file) => /^([^.]+)\.yaml$/.exec(file)?.[1] ?? []);
}

/** The parts of a recipe in order, each with its folder and the weights that it begins with. */
export function partsOf(recipe, out) {
  const found = [];
  for (let file = recipe; existsSync(join(RECIPES, `${file}.yaml`)); file = `${recipe}.${found.length + 1}`) {
    const before = found.at(-1);
    found.push({
      recipe: join(RECIPES, `${file}.yaml`),
      out: before === undefined ? out : `${out}-${found.length + 1}`,
      init: before === undefined ? [] : ['--init', join(before.out, 'best.safetensors')],
    });
  }
  return found;
}

/**
 * Trains one part to its end, from its last checkpoint where it has begun. A finished one is left alone.
 * @param settings further options of `train`, which override those of the recipe
 */
export function trainPart({ recipe, out, init }, data, settings = []) {
  if (isFinished(out)) return;
  const begun = existsSync(join(out, 'config.json'));
  const anew = ['--config', recipe, '--data', data, '--out', out, ...init, ...settings];
  fer('train', ...(begun ? ['--resume', out] : anew));
}

/** Whether the training in a folder came to its end, and was not stopped on the way. */
export function isFinished(out) {
  const summary = join(out, 'summary.json');
  if (!existsSync(summary)) return false;
  return ['finished', 'early-stop'].includes(JSON.parse(readFileSync(summary, 'utf8')).status);
}

/** Runs a command of fer-tui, and ends this process if it fails. */
export function fer(...args) {
  const { status } = spawnSync(process.execPath, [CLI, ...args], { stdio: 'inherit' });
  if (status !== 0) fail(`fer-tui ${args[0]} ended with exit code ${status}`);
}

/** Ends this process with a message. */
export function fail(text) {
  console.error(text);
  process.exit(1);
}
