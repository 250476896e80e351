import { expect, it } from 'vitest';
import { listRecipes } from '../../src/cli/commands/recipes.js';
import type { GlobalArgs } from '../../src/cli/declarations/globals.js';
import type { RecipesArgs } from '../../src/cli/declarations/recipes.js';
import { printed } from '../helpers/printed.js';

it('the list of recipes says what each begins with, and what it costs', async () => {
  const args = { json: false, quiet: false, color: 'never' } as RecipesArgs & GlobalArgs;
  const rows = (await printed(() => listRecipes(args))).split('\n');
  const row = (name: string): string => rows.find((line) => line.startsWith(`${name} `)) ?? '';
  expect(rows[0]).toMatch(/^recipe +network +epochs +time +validation$/);
  expect(row('fer-vgg')).toMatch(/^fer-vgg +fer-vgg +\d+ +[\d hmins]+ +6\d\.\d %$/);
  expect(rows.filter((line) => line.includes(', after ')).map((line) => line.split('  ')[0])).toEqual([
    'fer-cnn.2, after fer-cnn',
    'fer-cnn.3, after fer-cnn.2',
    'fer-vgg-robust, after fer-vgg',
    'fer-vgg.2, after fer-vgg',
    'fer-vgg.3, after fer-vgg.2',
  ]);
});
