import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../util/errors.js';
import { nearest } from '../util/nearest.js';
import { readConfigFile } from './config_file.js';
import { RECIPES_FOLDER, recipeNames } from './recipe_names.js';
import { readCard, shippedModels } from './shipped_models.js';

/** What a recipe cost and reached when the network that comes with fer-tui was trained by it. */
export interface RecipeOutcome {
  readonly images: number;
  /** Seconds of all epochs, and on what. */
  readonly seconds: number;
  readonly cpu: string;
  readonly adapter: string;
  /** Of the best epoch, from 0 to 1. */
  readonly valAcc: number;
}

/** Settings by which a network that comes with fer-tui was trained: `models/recipes/NAME.yaml`. */
export interface Recipe {
  /** `fer-vgg`, or `fer-vgg.2` of the part that goes on from the best weights of `fer-vgg`. */
  readonly name: string;
  readonly path: string;
  /** The whole file. */
  readonly text: string;
  /** The recipe whose best weights this one begins with, if any. */
  readonly after: string | undefined;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Undefined where no network in the box was trained by it. */
  readonly outcome: RecipeOutcome | undefined;
}

/** Every recipe, the parts of one in order. */
export function recipes(): Recipe[] {
  return recipeNames().map(read);
}

/**
 * One recipe by its name. Throws UsageError with the names that there are.
 * @param option what the user gave the name to; begins the message
 */
export function findRecipe(name: string, option: string): Recipe {
  const names = recipeNames();
  if (names.includes(name)) return read(name);
  const near = nearest(name, names);
  const hint = near === undefined ? '' : `; did you mean "${near}"?`;
  throw new UsageError(`${option} ${name}: there is no such recipe, only ${names.join(', ')}${hint}`);
}

/**
 * The settings of the recipe that `--recipe` names.
 * @param given other settings of the user, which override them
 * Throws UsageError for a part that goes on from weights unless `--init` names them.
 */
export function recipeSettings(
  name: string,
  given: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const { after, settings } = findRecipe(name, '--recipe');
  if (after !== undefined && given['init'] === undefined) {
    throw new UsageError(
      `--recipe ${name}: goes on from the best weights of ${after}; give them, e.g. --init runs/r1 of your own run of it`,
    );
  }
  return { ...settings };
}

function read(name: string): Recipe {
  const path = join(RECIPES_FOLDER, `${name}.yaml`);
  const [network, part] = partOf(name);
  const after = part === 1 ? undefined : part === 2 ? network : `${network}.${part - 1}`;
  const text = readFileSync(path, 'utf8');
  return {
    ...{ name, path, text, after },
    settings: readConfigFile(path),
    outcome: outcomeOf(network, part),
  };
}

/** `fer-vgg.2` is the second part of `fer-vgg`. */
function partOf(name: string): [network: string, part: number] {
  const [, network = name, part = '1'] = /^(.*?)(?:\.(\d+))?$/.exec(name) ?? [];
  return [network, Number(part)];
}

function outcomeOf(network: string, part: number): RecipeOutcome | undefined {
  if (!shippedModels().includes(network)) return undefined;
  const trained = readCard(network).parts[part - 1];
  const best = trained?.history.find(({ epoch }) => epoch === trained.bestEpoch);
  if (trained === undefined || best === undefined) return undefined;
  const { images, seconds, cpu, adapter } = trained;
  return { images, seconds, cpu, adapter, valAcc: best.valAcc };
}
