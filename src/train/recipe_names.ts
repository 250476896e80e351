import { existsSync, readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the recipes of the shipped networks lie. Apart from `recipes.ts`, because completion has to be quick. */
export const RECIPES_FOLDER = fileURLToPath(new URL('../../models/recipes/', import.meta.url));

/** Names of all recipes, the parts of one in order. */
export function recipeNames(): string[] {
  if (!existsSync(RECIPES_FOLDER)) return [];
  return readdirSync(RECIPES_FOLDER)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => basename(file, '.yaml'))
    .sort();
}
