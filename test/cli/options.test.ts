import './option_stand_ins.js';
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import yargs from 'yargs';
import { COMMANDS } from '../../src/cli/commands.js';
import type { Declaration } from '../../src/cli/declaration.js';
import { GLOBALS } from '../../src/cli/declarations/globals.js';
import { CV, SEARCH } from '../../src/cli/declarations/search.js';
import { faceId } from '../../src/data/labels_file.js';
import { syntheticFaces } from '../../src/data/synthetic.js';
import { toKeras } from '../../src/formats/keras_architecture.js';
import { buildModel } from '../../src/nn/models.js';
import type { OptionSpec } from '../../src/train/option_spec.js';
import { OPTION_ENTRIES } from '../../src/train/options.js';
import { camelCase } from '../../src/util/camel_case.js';
import { CLASS_NAMES } from '../../src/util/classes.js';
import type { OptionCase } from './option_case.js';
import { CASES, GLOBAL_CASES } from './option_cases.js';
import { notes } from './option_notes.js';

/**
 * Every option of every command reaches what acts. Commands run in this process, from their command line on; what they call
 * (training, evaluation, the vision process, the screen, ...) are stand-ins that note what they are given. One option is
 * added, and exactly the named notes must change. A declared option without a case fails.
 */

const temporary = mkdtempSync(join(tmpdir(), 'fer-tui-options-'));
const FILES: Readonly<Record<string, string>> = {
  CONFIG: join(temporary, 'run.yaml'),
  RESULT: join(temporary, 'bench.json'),
  OTHER_CONFIG: join(temporary, 'other_run.yaml'),
  LABELS: join(temporary, 'labels.csv'),
  SPACE: join(temporary, 'space.yaml'),
  OTHER_SPACE: join(temporary, 'other.yaml'),
  NETWORK: join(temporary, 'model.json'),
};
writeFileSync(FILES['CONFIG'] ?? '', 'epochs: 3\n');
writeFileSync(FILES['RESULT'] ?? '', '{"steps":[]}');
writeFileSync(FILES['OTHER_CONFIG'] ?? '', 'epochs: 4\n');
writeFileSync(FILES['SPACE'] ?? '', 'space: { l1: [0, 0.001] }\n');
writeFileSync(FILES['OTHER_SPACE'] ?? '', 'space: { l2: [0, 0.001] }\n');
writeFileSync(FILES['NETWORK'] ?? '', JSON.stringify(toKeras(buildModel('fer-shallow'))));
// About the first face of the data set that the stand-in of `loadDataset` gives.
const { train } = syntheticFaces(7, 14).splits;
const firstFace = ['train', 0, faceId(train, 0), CLASS_NAMES[train.labels[0] ?? 0], 'drop', ''].join(',');
writeFileSync(FILES['LABELS'] ?? '', `split,index,face,was,action,label\n${firstFace}\n`);

const { stdin, stdout, stderr } = process;
const terminals = [stdin.isTTY, stdout.isTTY] as const;

beforeAll(() => {
  for (const event of [stdout, process]) event.setMaxListeners(0); // as many commands as cases, in one process
  const env = { TERM: 'xterm-kitty', COLORTERM: 'truecolor', LANG: 'en_US.UTF-8', LC_ALL: '' };
  const unset = ['CI', 'NO_COLOR', 'FORCE_COLOR', 'ACCESSIBLE', 'INK_SCREEN_READER', 'FER_TUI_GRAPHICS'];
  const others = ['TMUX', 'STY', 'ZELLIJ', 'VTE_VERSION', 'XTERM_VERSION', 'WT_SESSION', 'TERM_PROGRAM'];
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  for (const name of [...unset, ...others]) vi.stubEnv(name, '');
});
beforeEach(() => {
  for (const [name, stream] of Object.entries({ stdout, stderr })) {
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      notes.set(name, `${notes.get(name) ?? ''}${String(text)}`);
      return true;
    });
  }
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = 0;
  [stdin.isTTY, stdout.isTTY] = terminals;
});
afterAll(() => vi.unstubAllEnvs());

/** What a command line makes a command note; `exit` is its exit code. */
async function notesOf(line: readonly string[], screen = false): Promise<Map<string, string>> {
  notes.clear();
  [stdin.isTTY, stdout.isTTY] = [screen, screen];
  process.exitCode = 0;
  await yargs(line.map((word) => FILES[word] ?? word))
    .command(COMMANDS)
    .options(GLOBALS)
    .strict()
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? new Error(message);
    })
    .parseAsync();
  notes.set('exit', String(process.exitCode));
  return new Map(notes);
}

/** What changes from one command line to the next. Where all notes of a kind come or go, that is `kind.*`. */
function changed(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  const kindOf = (name: string): string => name.split('.')[0] ?? '';
  const kinds = (of: ReadonlyMap<string, string>): Set<string> => new Set([...of.keys()].map(kindOf));
  const [old, now] = [kinds(before), kinds(after)];
  const whole = (name: string): boolean =>
    ['train', 'vision', 'predict', 'lab', 'study', 'noise'].includes(kindOf(name)) &&
    old.has(kindOf(name)) !== now.has(kindOf(name));
  const names = [...new Set([...before.keys(), ...after.keys()])];
  const different = names.filter((name) => before.get(name) !== after.get(name));
  return [...new Set(different.map((name) => (whole(name) ? `${kindOf(name)}.*` : name)))].sort();
}

const firstNotes = new Map<string, Promise<ReadonlyMap<string, string>>>();

/** The notes of a command line without the option, which many cases share. */
function notesWithout(line: readonly string[], screen = false): Promise<ReadonlyMap<string, string>> {
  const key = JSON.stringify([line, screen]);
  const known = firstNotes.get(key) ?? notesOf(line, screen);
  firstNotes.set(key, known);
  return known;
}

async function expectChange(line: readonly string[], found: OptionCase): Promise<void> {
  const from = found.from ?? line;
  const before = await notesWithout(from, found.screen);
  expect(before.get('stderr') ?? '', 'the command line must work without the option').not.toContain(
    'fer-tui: ',
  );
  const after = await notesOf(found.instead ?? [...from, ...(found.add ?? [])], found.screen);
  expect(changed(before, after)).toEqual([...found.changes].sort());
}

const folder = new URL('../../src/cli/declarations/', import.meta.url);
const modules = readdirSync(folder).map((file) => import(new URL(file, folder).href));
const declared = (await Promise.all(modules)).flatMap((module: Record<string, Declaration>) =>
  Object.entries(module).filter(([, value]) => typeof value === 'object' && 'usage' in value),
);

/** The settings of all trials of a search, and of a cross-validation. */
const SHARED = OPTION_ENTRIES.filter(([name]) => name in SEARCH.options && name !== 'out');
const FOLDED = OPTION_ENTRIES.filter(([name]) => name in CV.options && name !== 'out');

/** Whether a case differs from its other command line in its own option alone: of two that are added, neither would be known to act. */
function alone(name: string, from: readonly string[], { add, instead }: OptionCase): boolean {
  const typed = (words: readonly string[]): string => words.filter((word) => word.startsWith('--')).join();
  const own = [`--${name}`, `--no-${name}`];
  if (add !== undefined) return ['', ...own].includes(typed(add));
  if (instead?.includes(`--${name}`) && !from.includes(`--${name}`)) return typed(instead) === `--${name}`;
  return instead?.length === from.length && instead.filter((word, i) => word !== from[i]).length === 1;
}

it('every case is about its own option alone', () => {
  const all = [
    ...Object.values(CASES).flatMap(({ line, options }) =>
      Object.entries(options).map(([name, found]) => [name, line, found] as const),
    ),
    ...Object.entries(GLOBAL_CASES).flatMap(([name, cases]) =>
      cases.map((found) => [name, [], found] as const),
    ),
  ];
  expect(all.filter(([name, line, found]) => !alone(name, found.from ?? line, found))).toEqual([]);
});

it('every declaration has its cases', () => {
  expect(declared.map(([name]) => name).sort()).toEqual(Object.keys(CASES).sort());
});

describe.each(declared)('%s', (command, { positionals, options }) => {
  const settings: ReadonlySet<string> = new Set(
    { TRAIN: OPTION_ENTRIES, SEARCH: SHARED, CV: FOLDED }[command]?.map(([name]) => name),
  );
  const names = [...Object.keys(positionals ?? {}), ...Object.keys(options ?? {})];
  const own = names.filter((name) => !settings.has(name));
  it.each(own.length > 0 ? own : ['(no options)'])('%s', async (name) => {
    const { line = [], screen = false, options: cases = {} } = CASES[command] ?? {};
    if (own.length === 0) return void (await notesOf(line));
    const found = cases[name];
    if (found === undefined) throw new Error(`no case for ${name} of ${command}: add one to option_cases.ts`);
    await expectChange(line, { screen, ...found });
  });
});

/** What a setting needs to be allowed. */
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  nesterov: ['--momentum', '0.5'],
  'restore-best-weights': ['--early-stopping', '3'],
  temperature: ['--teacher', 'fer-cnn'],
  'distill-mix': ['--teacher', 'fer-cnn'],
  'lbp-radius': ['--features', 'lbp'],
  'lbp-cells': ['--features', 'lbp'],
  'lbp-bins': ['--features', 'lbp'],
  'lbp-ranking': ['--features', 'lbp'],
  'ferplus-targets': ['--ferplus', 'fer2013new.csv'],
  'ferplus-keep': ['--ferplus', 'fer2013new.csv'],
};
const VALUES: Readonly<Record<string, string>> = {
  ...{ filters: '4,8', dense: '4', augment: 'flip', fold: '2/5', 'ferplus-keep': 'nf', classes: 'csv' },
};

/** A setting as typed, behind what it needs. */
function settingLine(name: string, spec: OptionSpec): { needs: readonly string[]; typed: readonly string[] } {
  const { type, default: value, choices, range: [low, high] = [0, 1], integer, only } = spec;
  const whole = Math.min(high, low + 3);
  const other = whole === value ? whole - 1 : whole;
  const typed = {
    boolean: [`--${value === true ? 'no-' : ''}${name}`],
    number: [`--${name}`, String(integer ? other : low + (high - low) / 3)],
    string: [`--${name}`, choices?.find((choice) => choice !== value) ?? VALUES[name] ?? 'something'],
  }[type];
  return { typed, needs: [...(only ? ['--optimizer', only[0] ?? ''] : []), ...(NEEDS[name] ?? [])] };
}

/** What changes when a study loads its data before it begins. */
const loading = (name: string): string[] =>
  ({ data: ['data.path'], classes: ['data.classes'], 'skip-bad': ['data.skipBad'] })[name] ?? [];

it.each(OPTION_ENTRIES)('train --%s', async (name, spec) => {
  const { needs, typed } = settingLine(name, spec);
  await expectChange([], { from: ['train', ...needs], add: typed, changes: [`train.${camelCase(name)}`] });
});

it.each(SHARED)('search --%s, for all trials', async (name, spec) => {
  const { needs, typed } = settingLine(name, spec);
  const from = ['search', name === 'l1' ? 'OTHER_SPACE' : 'SPACE', ...needs];
  const changes = [`study.settings.${name}`, ...(name === 'seed' ? ['study.seed'] : []), ...loading(name)];
  await expectChange([], { from, add: typed, changes });
});

it.each(FOLDED)('cv --%s, for all configurations', async (name, spec) => {
  const { needs, typed } = settingLine(name, spec);
  await expectChange([], {
    from: ['cv', ...needs],
    add: typed,
    changes: [`study.settings.${name}`, ...loading(name)],
  });
});

describe.each(Object.entries(GLOBAL_CASES))('--%s', (_, cases) => {
  it.each(cases)('$from', async (found) => {
    await expectChange([], found);
  });
});

it('every global option has cases', () => {
  expect(Object.keys(GLOBAL_CASES).sort()).toEqual(Object.keys(GLOBALS).sort());
});
