import { existsSync, readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the recipes of the shipped networks. Not in `recipes.ts`, because shell completion must load little code. */
export const RECIPES_FOLDER = fileURLToPath(new URL('../../models/recipes/', import.meta.url));

/** Names of all recipes, the parts of one in order. */
export function recipeNames(): string[] {
  if (!existsSync(RECIPES_FOLDER)) return [];
  return readdirSync(RECIPES_FOLDER)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => basename(file, '.yaml'))
    .sort();
}
