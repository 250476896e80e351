import { afterEach, expect, it, vi } from 'vitest';
import yargs from 'yargs';
import { COMMANDS } from '../../src/cli/commands.js';
import { GLOBALS } from '../../src/cli/declarations/globals.js';
import { TUI } from '../../src/cli/declarations/tui.js';
import { plainStart } from '../../src/cli/plain_start.js';
import { camelCase } from '../../src/util/camel_case.js';

let parsed: Readonly<Record<string, unknown>> = {};
vi.mock('../../src/cli/commands/tui.js', () => ({
  tui: async (args: Readonly<Record<string, unknown>>) => {
    parsed = args;
    return 0;
  },
}));
afterEach(() => {
  process.exitCode = 0;
});

/** What counts for the command. */
const NAMES = ['screen', ...Object.keys({ ...TUI.options, ...GLOBALS }).map(camelCase)];
const pick = (args: object | undefined): object =>
  Object.fromEntries(
    NAMES.map((name) => [name, (args as Readonly<Record<string, unknown>> | undefined)?.[name]]),
  );

it.each([[[]], [['tui']], [['tui', 'runs']]])('fer-tui %j starts as the parser has it', async (typed) => {
  await yargs(typed.length === 0 ? ['tui'] : typed)
    .command(COMMANDS)
    .options(GLOBALS)
    .strict()
    .parseAsync();
  const args = plainStart(typed);
  expect(pick(args)).toEqual(pick(parsed));
  expect(args?.fps).toBe(15);
});

it.each([
  [['runs']],
  [['--help']],
  [['tui', '--ascii']],
  [['tui', 'nowhere']],
  [['tui', 'runs', 'data']],
])('fer-tui %j is for the parser', (typed) => {
  expect(plainStart(typed)).toBeUndefined();
});
