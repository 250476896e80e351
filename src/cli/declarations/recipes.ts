import type { ArgsOf } from '../declaration.js';

export const RECIPES = {
  usage: 'recipes [name]',
  describe: 'List the recipes of the networks that come with fer-tui, or print one as a file of settings',
  positionals: {
    name: { type: 'string', completes: 'recipes', describe: 'a recipe, e.g. fer-vgg' },
  },
  examples: [
    ['$0 recipes', 'what each costs and reaches'],
    ['$0 recipes fer-vgg > mine.yaml', 'a copy to change, for "fer-tui train --config mine.yaml"'],
  ],
} as const;

export type RecipesArgs = ArgsOf<typeof RECIPES>;
