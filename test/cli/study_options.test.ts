import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { Journal } from '../../src/study/journal.js';
import { Study } from '../../src/study/study.js';
import { runCli } from '../helpers/cli.js';
import { fakeTrials, STUDY_SETTINGS } from '../helpers/studies.js';
import { runTogether } from '../helpers/together.js';
import { settings } from '../study/fakes.js';

const folder = mkdtempSync(join(tmpdir(), 'fer-tui-study-options-'));
const SPACE = join(folder, 'space.yaml');
const SEARCH = join(folder, 's1');
const CV = join(folder, 'c1');

beforeAll(async () => {
  writeFileSync(SPACE, 'space: {l2: [0, 0.001]}\n');
  Study.create(SEARCH, settings({ trials: 2, space: { l2: [0, 0.1, 0.2] } }));
  const { code } = await runCli(['cv', '--data', 'synthetic:70', '--out', CV, '--prepare']);
  expect(code).toBe(0);
});

type Refusal = readonly [line: readonly string[], message: string];

describe('a resumed study', () => {
  const OTHER: readonly Refusal[] = [
    [['--pruner', 'asha'], '--pruner: a resumed study keeps its settings'],
    [['--objective', 'loss'], '--objective: a resumed study keeps'],
    [['--min-epochs', '1'], '--min-epochs: a resumed study keeps'],
    [['--reduction', '3'], '--reduction: a resumed study keeps'],
    [['--trials', '1'], 'trials = 1: a resumed study keeps its trials; expected at least its 2'],
    [['--trials', '4'], 'trials = 4: the space has only 3 combinations'],
    [['--trials', 'many'], 'trials: expected a whole number of 1 or more'],
  ];
  const ofSearch = (more: readonly string[]) => ['search', '--resume', SEARCH, ...more];
  const ofCv = (option: string) => ['cv', '--resume', CV, option, '3'];
  const refused = runTogether([
    ...OTHER.map(([more]) => ofSearch(more)),
    ...['--folds', '--repeats'].map(ofCv),
  ]);

  it.each(OTHER)('of a search refuses %s', async (more, message) => {
    const { code, stderr } = await refused(ofSearch(more));
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  it.each(['--folds', '--repeats'])('of a cross-validation refuses %s', async (option) => {
    const { code, stderr } = await refused(ofCv(option));
    expect([code, stderr]).toEqual([2, expect.stringContaining(`${option}: a resumed study keeps`)]);
  });
});

describe('a number that is none', () => {
  const NUMBERS: readonly Refusal[] = [
    [['trial', SEARCH, 'abc'], 'number: expected a whole number of 1 or more'],
    [['trial', SEARCH, '1.5'], 'number = 1.5: expected a whole number of 1 or more'],
    [['studies', 'show', SEARCH, '--top', '-1'], 'top = -1: expected a whole number of 0 or more'],
    [['studies', 'show', SEARCH, '--csv', '--top', '3'], 'csv: it prints all trials; omit --top'],
    [
      ['studies', 'show', SEARCH, '--csv', '--json'],
      'csv: it prints a table, not JSON; omit --csv or --json',
    ],
  ];
  const refused = runTogether(NUMBERS.map(([line]) => line));
  it.each(NUMBERS)('%s is refused', async (line, message) => {
    const { code, stderr } = await refused(line);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});

describe('the trials of a search through a queue', () => {
  it('are told of as long as a worker may train them, when they are trained without the queue', async () => {
    const path = join(folder, 'led');
    Study.create(
      path,
      settings({ trials: 2, space: { l2: [0, 0.1, 0.2] }, settings: { data: 'nix.csv', epochs: 1 } }),
    );
    const journal = new Journal(path);
    const run = join(path, 'trials/t1');
    const record = {
      number: 1,
      values: { l2: 0 },
      epochs: 0,
      until: 1,
      metric: null,
      curve: [],
      seconds: 0,
      run,
    };
    journal.append({ ...record, state: 'running' });
    const alone = await runCli(['search', '--resume', path]);
    expect(alone.stderr).not.toContain('worker');
    writeFileSync(join(path, 'queue.json'), '{"id":"x"}');
    const told = 'a worker of its queue may still be training trial 1, which is trained here once more';
    for (const line of [
      ['search', '--resume', path],
      ['trial', path, '1'],
    ])
      expect((await runCli(line)).stderr).toContain(told);
    expect((await runCli(['trial', path, '2'])).stderr).not.toContain('worker');
    journal.append({ ...record, state: 'complete' });
    expect((await runCli(['trial', path, '1'])).stderr).not.toContain('worker');
  });
});

it('`studies show --json` has the importance of the settings, null while too few trials have results', async () => {
  const shown = async (path: string) =>
    JSON.parse((await runCli(['studies', 'show', path, '--json', '--top', '0'])).stdout);
  expect(await shown(SEARCH)).toMatchObject({ trials: [], importance: null });
  expect('importance' in (await shown(CV))).toBe(false);
  const full = join(folder, 'full');
  Study.create(full, STUDY_SETTINGS);
  const lines = fakeTrials().map((trial) => JSON.stringify({ ...trial, run: `trials/t${trial.number}` }));
  writeFileSync(join(full, 'trials.ndjson'), `${lines.join('\n')}\n`);
  const { parameters } = (await shown(full)).importance;
  expect(parameters[0]).toEqual({ name: 'lr', share: expect.closeTo(0.95, 1), clear: true });
});

describe('a study that cannot begin', () => {
  it.each([
    [
      ['cv', '--folds', '5000', '--data', 'synthetic:70'],
      2,
      'folds = 5000: expected a whole number from 2 to 1000',
    ],
    [['search', SPACE, '--prepare', '--data', 'nix.csv'], 4, 'nix.csv'],
    [['search', SPACE, '--data', 'nix.csv'], 4, 'nix.csv'],
    [['cv', '--folds', '71', '--data', 'synthetic:70'], 4, '70 training images; 71 folds need as many'],
    [['search', folder], 2, 'it is a folder; expected a file'],
  ])('%s leaves no folder', async (line, exit, message) => {
    const out = join(folder, 'none');
    const { code, stderr } = await runCli([...line, '--out', out]);
    expect([code, stderr]).toEqual([exit, expect.stringContaining(message)]);
    expect(stderr).not.toContain('begun');
    expect(existsSync(out)).toBe(false);
  });
});
