import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { resolveConfig } from '../../src/train/config.js';
import { findRecipe } from '../../src/train/recipes.js';
import { settingsIn } from '../../src/tui/form.js';
import { applyEvent, beginRun } from '../../src/tui/run_state.js';
import { changedSince } from '../../src/tui/screens/train_from.js';
import { NEW_WORKSPACE } from '../../src/tui/workspace.js';
import { fakeEnd, fakeEvents } from '../helpers/events.js';
import { localEngine } from '../helpers/local_engine.js';
import { type Rendered, renderAt } from '../helpers/render_at.js';

const NONE = { color: 'none', glyphs: 'unicode' } as const;
const engine = localEngine();
const GOING = fakeEvents().reduce((run, event) => applyEvent(run, event, 0), beginRun(0));
/** As a log has them: all settings, in camel case, and where the run was written. */
const CONFIG = {
  ...resolveConfig({
    data: 'synthetic:140',
    optimizer: 'sgd',
    lr: 0.02,
    momentum: 0.8,
    'clip-norm': 2,
    epochs: 5,
  }),
  out: 'runs/r1',
};
const SAME = { data: 'synthetic:140', optimizer: 'sgd', lr: 0.02, momentum: 0.8, 'clip-norm': 2, epochs: 5 };

function runsWithOne(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fer-tui-from-'));
  mkdirSync(join(folder, 'r1'));
  const [start, ...rest] = fakeEvents();
  const events = [{ ...start, run: 'r1', config: CONFIG }, ...rest, ...fakeEnd()];
  writeFileSync(join(folder, 'r1', 'events.ndjson'), events.map((e) => `${JSON.stringify(e)}\n`).join(''));
  return folder;
}

describe.each([
  [100, 30],
  [60, 20],
])('a new run, at %i x %i', (cols, rows) => {
  let at: Rendered | undefined;
  afterEach(() => at?.unmount());
  const open = async (screen: 'train' | 'runs', state: object = {}): Promise<Rendered> => {
    at = renderAt(cols, rows, NONE, {
      ...{ screen, engine, open: true },
      state: { runsFolder: runsWithOne(), ...state },
    });
    await engine.settled();
    at.flush();
    return at;
  };
  const press = async (...keys: string[]): Promise<void> => {
    at?.press(...keys);
    await engine.settled();
    at?.flush();
  };
  const settings = (): object => at?.program.store.state.workspace.settings ?? {};

  it('takes the settings of a recipe, and keeps the data set', async () => {
    const own = { data: 'synthetic:70', limit: 50, dropout: 0.3 };
    await open('train', { workspace: { ...NEW_WORKSPACE, settings: own } });
    expect(at?.text()).toContain('f takes the settings of a recipe');
    await press('f');
    expect(at?.text()).toMatch(/recipe fer-vgg, \d+ epochs +\d\d\.\d % in \d+:\d\d/);
    await press(...'recipe fer-vgg,', 'enter');
    const { settings: given } = findRecipe('fer-vgg', 'recipe');
    expect(settings()).toEqual({ ...settingsIn(given), data: 'synthetic:70', limit: 50 });
    expect(at?.text()).toContain('Settings of recipe fer-vgg');
  });

  it('says what the second part of a recipe needs', async () => {
    await open('train', { workspace: { ...NEW_WORKSPACE, settings: { data: 'synthetic:70' } } });
    await press('f');
    await press(...'fer-vgg.2', 'enter');
    expect(at?.text()).toContain('set init to the best weights');
  });

  it('takes the settings of an earlier run, all but its folder', async () => {
    await open('train');
    await press('f');
    await press(...'r1, fer-cnn', 'enter');
    expect(settings()).toEqual(SAME);
  });

  it('begins on Runs too, and says what was changed since', async () => {
    await open('runs');
    await press('c');
    expect(at?.program.store.state.screen).toBe('train');
    expect(settings()).toEqual(SAME);
    expect(at?.text()).toContain('Settings of r1, unchanged.');
    await press('/', ...'clip-norm', 'enter', 'backspace', 'home');
    expect(at?.text()).toMatch(/but: clip-norm off \(was/);
    expect(existsSync('runs/r1')).toBe(false);
  });

  it('waits in the form while a training goes on', async () => {
    await open('runs', { run: GOING });
    await press('c');
    expect(at?.text()).toContain('n after this training');
    expect(settings()).toEqual(SAME);
  });
});

it('says of each setting what it was, with defaults by their values', () => {
  const base = { name: 'r1', settings: { lr: 0.02, dropout: 0.5 } };
  expect(changedSince(base, { lr: 0.02, dropout: 0.5 })).toEqual([]);
  expect(changedSince(base, { dropout: 0.5, epochs: 9 })).toEqual([
    'lr 0.001 (was 0.02)',
    'epochs 9 (was 50)',
  ]);
});
