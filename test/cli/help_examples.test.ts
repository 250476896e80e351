import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import yargs, { type Argv } from 'yargs';
import { COMMANDS, declaredBy } from '../../src/cli/commands.js';

type Choices = Readonly<Record<string, { readonly choices?: readonly unknown[] }>>;

interface Declared {
  readonly usage: string | readonly string[];
  readonly examples?: readonly (readonly [line: string, what: string])[];
  readonly options?: Choices;
  readonly positionals?: Choices;
}

const FOLDER = new URL('../../src/cli/declarations/', import.meta.url);
const names = readdirSync(FOLDER).filter((name) => name !== 'globals.ts' && name !== 'shared.ts');
const modules = await Promise.all(
  names.map((name) => import(`../../src/cli/declarations/${name.replace('.ts', '')}.ts`)),
);
const declarations = modules
  .flatMap((module) => Object.entries(module as Record<string, Declared>))
  .filter(([, value]) => value?.usage !== undefined);

// Groups such as `runs` declare their commands when yargs asks for them.
for (const { builder } of COMMANDS)
  if (typeof builder === 'function') (builder as (y: Argv) => unknown)(yargs([]));

it('every command has examples', () => {
  expect(declarations.length).toBeGreaterThan(COMMANDS.length);
  expect(declarations.filter(([, { examples = [] }]) => examples.length === 0).map(([name]) => name)).toEqual(
    [],
  );
});

it.each(
  declarations.flatMap(([, { examples = [] }]) => examples.map(([line]) => line)),
)('names a command and options that there are: %s', (line) => {
  const [program, ...words] =
    line
      .replace(/^[A-Z_]+=\S+ /, '')
      .split(/ [>|] /)[0]
      ?.split(' ') ?? [];
  expect(program).toBe('$0');
  const command = declaredBy(words.length === 0 ? ['tui'] : words);
  expect(command).toBeDefined();
  const options = words.filter((word) => word.startsWith('--')).map((word) => word.slice(2).split('=')[0]);
  const known = command?.options ?? [];
  expect(options.filter((option) => !known.includes(option?.replace(/^no-/, '') ?? ''))).toEqual([]);
});

it.each(
  declarations.flatMap(([, { examples = [] }]) => examples.map(([line]) => line)),
)('gives options values that they take: %s', (line) => {
  const command = /\$0 (\S+)/.exec(line)?.[1];
  const own = declarations.find(([, { usage }]) => [usage].flat()[0]?.split(' ')[0] === command);
  const wrong = [...line.matchAll(/ --([\w-]+)[ =](\S+)/g)].filter(([, name = '', value]) => {
    const { choices = [value] } = own?.[1].options?.[name] ?? {};
    return !choices.map(String).includes(String(value));
  });
  expect(wrong.map(([text]) => text)).toEqual([]);
});

// The choices of positionals: `fer-tui bench steps`. The words behind a command that are no option nor its value.
it.each(
  declarations.flatMap(([name, { usage, examples = [], positionals = {} }]) =>
    Object.values(positionals).flatMap(({ choices }) =>
      choices === undefined ? [] : examples.map(([line]) => ({ name, usage, line, choices })),
    ),
  ),
)('gives $name arguments that it takes: $line', ({ line, choices }) => {
  const words = line
    .replace(/ [>|] .*/, '')
    .split(' ')
    .slice(2);
  const end = words.findIndex((word) => word.startsWith('--'));
  const given = end < 0 ? words : words.slice(0, end);
  expect(given.filter((word) => !choices.includes(word))).toEqual([]);
});
