import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { showStudy } from '../../src/engine/requests/studies.js';
import { toKeras } from '../../src/formats/keras_architecture.js';
import { buildModel } from '../../src/nn/models.js';
import { writeProbabilities } from '../../src/noise/probabilities_file.js';
import { writeStudySettings } from '../../src/study/settings.js';
import { listRuns } from '../../src/train/runs.js';
import { weightsPath } from '../../src/train/shipped_models.js';
import type { AppState, ScreenName } from '../../src/tui/app_state.js';
import { ready } from '../../src/tui/loadable.js';
import { readRunState } from '../../src/tui/run_state.js';
import { CLASS_NAMES } from '../../src/util/classes.js';
import { fakeEnd, fakeEvents } from '../helpers/events.js';
import { COLOUR, renderAt } from '../helpers/render_at.js';
import { fakeTrials, STUDY_SETTINGS } from '../helpers/studies.js';
import { runTogether } from '../helpers/together.js';

/** Texts of files that try to steer the terminal: its title, its screen, its answers, and lines of their own. */

const EVIL = '\x1b]0;x\x07\x1b[2J\r\n\u009b5n\x7fforged';
const KEPT = ['type', 't', 'kind', 'status', 'state', 'run', 'begun', 'class_name'];

/** The same with such a text after each text. */
function evil(value: unknown, name = ''): unknown {
  if (typeof value === 'string') return KEPT.includes(name) ? value : `${value}${EVIL}`;
  if (Array.isArray(value)) return value.map((inner) => evil(inner));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, evil(inner, key)]));
}

const cwd = mkdtempSync(join(tmpdir(), 'fer-tui-escaped-'));
/** A folder's name can hold all but a slash. */
const NAME = `r${EVIL}`;
const RUN = join(cwd, 'runs', NAME);
const lines = (list: readonly unknown[]): string => list.map((one) => `${JSON.stringify(one)}\n`).join('');

const noted = { v: 1, type: 'note', t: '2026-01-01T00:00:00Z', run: 'r', kind: 'resume', message: 'went on' };
const [start, ...rest] = fakeEvents({ epochs: 2, steps: 4 });
const begun = { ...start, config: { lr: 0.001, activation: 'elu', [EVIL]: 'x' } };
const resumed = { ...begun, changed: { [EVIL]: { from: 'a', to: 'b' } } };
mkdirSync(RUN, { recursive: true });
writeFileSync(
  join(RUN, 'events.ndjson'),
  lines([begun, noted, ...rest, resumed, ...fakeEnd()].map((e) => evil(e))),
);
writeFileSync(join(RUN, 'config.json'), JSON.stringify(evil({ lr: 0.001, [EVIL]: 'x' })));
writeFileSync(join(RUN, 'note.txt'), EVIL);
mkdirSync(join(cwd, 'runs/r2'));
writeFileSync(
  join(cwd, 'runs/r2/events.ndjson'),
  lines([...fakeEvents({ epochs: 2, steps: 4 }), ...fakeEnd()]),
);

const STUDY = join(cwd, 'studies', NAME);
mkdirSync(STUDY, { recursive: true });
writeStudySettings(STUDY, STUDY_SETTINGS);
const trials = fakeTrials().map((trial) => ({ ...trial, run: 'trials/t1', error: EVIL, state: 'failed' }));
writeFileSync(join(STUDY, 'trials.ndjson'), lines(trials.map((trial) => evil(trial))));

const named = (text: string): string =>
  text.replaceAll('"name":"', `"name":${JSON.stringify(EVIL).slice(0, -1)}`);
writeFileSync(join(cwd, 'net.json'), named(JSON.stringify(toKeras(buildModel('fer-shallow')))));

writeFileSync(
  join(cwd, 'space.yaml'),
  'settings: { data: "synthetic:70", model: fer-shallow, filters: 4, dense: none, epochs: 1 }\nspace: { lr: [0.01, 0.02] }\n',
);
const guess = CLASS_NAMES.map((_, i) => (i === 0 ? 0.4 : 0.1));
const guesses = Float32Array.from({ length: 70 * guess.length }, (_, i) => guess[i % guess.length] ?? 0);
const all = Array.from({ length: 70 }, (_, row) => row);
writeProbabilities(join(cwd, 'p.csv'), all, guesses, CLASS_NAMES);
cpSync(weightsPath('fer-shallow'), join(cwd, 'copy.h5'));
/** Control characters that are no line break. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\x00-\x09\x0b-\x1f\x7f-\x9f]/;

describe('a text that tries to steer the terminal', () => {
  const SHOWN: readonly (readonly [line: readonly string[]])[] = [
    [['runs']],
    [['runs', '--json']],
    [['runs', 'show', NAME]],
    [['runs', 'show', NAME, '--json']],
    [['runs', 'compare', NAME, 'r2']],
    [['export-history', NAME]],
    [['report', NAME]],
    [['verify', join('runs', NAME)]],
    [['train', '--resume', join('runs', NAME)]],
    [['studies']],
    [['studies', 'show', NAME]],
    [['report', join('studies', NAME)]],
    [['summary', 'net.json']],
    [['runs', 'show', `no${EVIL}`]],
  ];
  const shown = runTogether(
    SHOWN.map(([line]) => line),
    cwd,
  );
  it.each(SHOWN)('is escaped by %j', async (line) => {
    const { stdout, stderr } = await shown(line);
    expect(`${stdout}${stderr}`).not.toBe('');
    expect(`${stdout}${stderr}`).not.toMatch(CONTROL);
    expect(`${stdout}${stderr}`).not.toMatch(/^.{0,3}forged/m);
  });

  const drawn = ['--data', 'synthetic:70', '--limit', '30'];
  const TYPED: readonly (readonly [line: readonly string[]])[] = [
    [['calibrate', 'fer-shallow', ...drawn, '--out', `c${EVIL}.safetensors`]],
    [['ensemble', 'fer-cnn', 'fer-shallow', ...drawn, '--out', `e${EVIL}.json`]],
    [['soup', 'fer-shallow', 'copy.h5', ...drawn, '--out', `s${EVIL}.safetensors`]],
    [['search', 'space.yaml', '--prepare', '--out', `p${EVIL}`]],
    [['search', 'space.yaml', '--trials', '1', '--out', `p2${EVIL}`]],
    [['noise', '--data', 'synthetic:70', '--probabilities', 'p.csv', '--csv', `n${EVIL}.csv`]],
    [['studies', '--folder', `none${EVIL}`]],
    [['runs', '--folder', `none${EVIL}`]],
  ];
  const typed = runTogether(
    TYPED.map(([line]) => line),
    cwd,
  );
  it.each(TYPED)('is escaped where it was typed: %j', async (line) => {
    const { code, stdout, stderr } = await typed(line);
    const text = `${stdout}${stderr}`;
    expect([code, text]).toEqual([0, expect.stringContaining('\\x1b')]);
    expect(text).not.toMatch(CONTROL);
    expect(text).not.toMatch(/^.{0,3}forged/m);
  });

  const runs = listRuns(join(cwd, 'runs'));
  const marked = runs.map(({ path }) => path);
  const screens: readonly (readonly [ScreenName, () => Promise<Partial<AppState>>])[] = [
    ['home', async () => ({ screens: { home: { runs: ready(runs) } } })],
    ['runs', async () => ({ screens: { runs: { runs: ready(runs), marked } } })],
    ['train', async () => ({ run: readRunState(RUN) })],
    [
      'studies',
      async () => {
        const report = await showStudy({ path: STUDY }, {} as never);
        return { screens: { studies: { shown: ready({ paths: [STUDY], path: STUDY, report }) } } };
      },
    ],
  ];
  it.each(screens)('is escaped on the screen %s', async (screen, state) => {
    const shown = renderAt(120, 50, COLOUR, { screen, state: { now: 0, ...(await state()) } });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with the escape character
    const text = shown.lines().map((line) => line.replace(/\x1b\[[\d;]*m/g, ''));
    expect(text.join('\n')).toContain('\\x1b');
    for (const line of text) expect(line).not.toMatch(CONTROL);
    for (const line of text) expect(line).not.toMatch(/^\W*forged/);
    shown.unmount();
  });
});
