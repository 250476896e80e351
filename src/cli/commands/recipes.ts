import { duration } from '../../train/printer.js';
import { findRecipe, type Recipe, recipes } from '../../train/recipes.js';
import { EXIT } from '../../util/errors.js';
import type { GlobalArgs } from '../declarations/globals.js';
import type { RecipesArgs } from '../declarations/recipes.js';
import { writeJson } from '../run_command.js';
import { table } from '../table.js';

/** `fer-tui recipes`: lists the shipped recipes, with what they cost and reached, or prints one. */
export async function listRecipes({ name, json }: RecipesArgs & GlobalArgs): Promise<number> {
  const found = name === undefined ? recipes() : [findRecipe(name, 'recipes')];
  if (json) {
    for (const { text: _, ...recipe } of found) writeJson({ v: 1, type: 'recipe', ...recipe });
  } else if (name !== undefined) {
    process.stdout.write(found.map(({ text }) => text).join(''));
  } else {
    const head = ['recipe', 'network', 'epochs', 'time', 'validation'];
    process.stdout.write(`${table(head, found.map(cells))}\n${measuredOn(found)}`);
    process.stdout.write('Train by one: fer-tui train --recipe NAME --data fer2013.csv\n');
  }
  return EXIT.done;
}

const cells = ({ name, after, settings, outcome }: Recipe): string[] => [
  [name, after ?? settings['init']].filter((part) => part !== undefined).join(', after '),
  String(settings['model'] ?? 'fer-cnn'),
  String(settings['epochs'] ?? ''),
  outcome === undefined ? '-' : duration(outcome.seconds),
  outcome === undefined ? '-' : `${(100 * outcome.valAcc).toFixed(1)} %`,
];

/** On which machines the times were taken. */
function measuredOn(found: readonly Recipe[]): string {
  const outcomes = found.flatMap(({ outcome }) => outcome ?? []);
  const machines = [...new Set(outcomes.map(({ cpu, adapter }) => `${cpu}, ${adapter}`))];
  return machines.length === 0 ? '' : `Times and accuracies on FER-2013: ${machines.join('; ')}\n`;
}
