import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { recipeNames } from '../train/recipe_names.js';
import { EXIT } from '../util/errors.js';
import type { Extras } from './declaration.js';

/** Shells for which yargs has a completion script. */
const SHELLS: readonly string[] = ['bash', 'zsh'];

/**
 * Words without the shell that `completion` may name. yargs learns of it from the environment, which this changes. Ends the program
 * with a usage error for a shell that has no script.
 */
export function withoutShell(words: readonly string[]): readonly string[] {
  const [command, shell] = words;
  if (command !== 'completion' || shell === undefined || shell.startsWith('-')) return words;
  if (!SHELLS.includes(shell)) {
    process.stderr.write(`fer-tui: no completion script for ${shell}; expected ${SHELLS.join(' or ')}\n`);
    process.exit(EXIT.usage);
  }
  process.env['SHELL'] = shell;
  delete process.env['ZSH_NAME'];
  return [command, ...words.slice(2)];
}

/** The file that marks a folder as a run or a study. */
const MARKS = { runs: 'events.ndjson', studies: 'study.yaml' } as const;

/**
 * What a shell can put in place of the word that is being typed, where an argument names a run, a study or a recipe.
 * @param words of the command line behind the command, the last one as far as it is typed
 * @param completes what the options name, and under '' what the first positional argument names
 * @returns nothing where any other word is expected
 */
export function named(
  words: readonly string[],
  completes: Readonly<Record<string, Extras['completes']>>,
): string[] {
  const current = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  if (current.startsWith('-')) return [];
  const isOption = (word: string | undefined): boolean => word?.startsWith('-') === true;
  const option = before.at(-1)?.replace(/^--/, '');
  const given = before.some((word, i) => !isOption(word) && !isOption(before[i - 1]));
  const what = isOption(before.at(-1)) ? completes[option ?? ''] : given ? undefined : completes[''];
  const folder = before[before.indexOf('--folder') + 1];
  const from = before.includes('--folder') ? folder : undefined;
  return [what ?? []].flat().flatMap((kind) => {
    if (kind === 'recipes') return recipeNames().filter((name) => name.startsWith(current));
    const [place, paths] = [kind.split(' ')[0] as keyof typeof MARKS, kind.endsWith('folders')];
    const parent = from ?? place;
    const names = existsSync(parent) ? readdirSync(parent) : [];
    return names
      .filter((name) => existsSync(join(parent, name, MARKS[place])))
      .map((name) => (paths ? join(parent, name) : name))
      .filter((name) => name.startsWith(current));
  });
}
