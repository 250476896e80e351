import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import { OPTION_ENTRIES } from '../../src/train/options.js';
import { actionsOf, openScreen } from '../../src/tui/actions.js';
import { handleKey } from '../../src/tui/keys.js';
import { startRun } from '../../src/tui/live.js';
import { beginRun } from '../../src/tui/run_state.js';
import { SCREENS } from '../../src/tui/screens/all.js';
import { NEW_WORKSPACE, withData, withHistory } from '../../src/tui/workspace.js';
import { readWorkspace, WorkspaceKeeper } from '../../src/tui/workspace_file.js';
import { stateFolder } from '../../src/util/state_folder.js';
import { localEngine } from '../helpers/local_engine.js';
import { COLOUR, type Rendered, renderAt, SILENT_ENGINE } from '../helpers/render_at.js';

const folder = mkdtempSync(join(tmpdir(), 'fer-tui-workspace-'));

describe('the workspace', () => {
  let shown: Rendered | undefined;
  afterEach(() => shown?.unmount());
  const show = (screen: 'home' | 'data' | 'train', engine: Engine = SILENT_ENGINE): Rendered => {
    shown = renderAt(100, 30, COLOUR, { screen, engine, open: true });
    return shown;
  };

  it('is one for all screens: a data set opened on Data is that of the form and of Home', async () => {
    const engine = localEngine();
    const at = show('data', engine);
    await engine.settled();
    at.press('o', ...'synthetic:70', 'enter');
    await engine.settled();
    at.press('4');
    expect(at.text()).toMatch(/\*data +synthetic:70/);
    at.press('1');
    expect(at.text()).toMatch(/Data +synthetic:70/);
  });

  it('keeps the open data set when another cannot be read, and says so', async () => {
    const engine = localEngine();
    const at = show('data', engine);
    await engine.settled();
    at.press('o', ...'package.json', 'enter');
    await engine.settled();
    at.flush();
    expect(at.text()).toContain('#0 train');
    expect(at.text()).toContain('stays open');
    expect(at.program.store.state.workspace.settings).toEqual({});
  });

  it('has the data of the form and of a started run, which Data then opens', async () => {
    const engine = localEngine();
    const at = show('train', engine);
    startRun(actionsOf(at.program, 'train'), { data: 'synthetic:70', epochs: 50, batch: 4, logEvery: 3 });
    expect(at.program.store.state.workspace.settings).toEqual({
      data: 'synthetic:70',
      batch: 4,
      'log-every': 3,
    });
    openScreen(at.program, 'data');
    await engine.settled();
    at.flush();
    expect(at.program.store.state.screens.data).toMatchObject({ path: 'synthetic:70' });
  });

  it('is there again at the next start, with what the screens remember', () => {
    const path = join(folder, 'deep', 'workspace.json');
    const at = show('train');
    const { store } = at.program;
    const keeper = new WorkspaceKeeper(SCREENS, store.state, path);
    keeper.save(store.state);
    expect(() => readFileSync(path)).toThrow(); // nothing changed yet
    const workspace = {
      ...withHistory(withData(NEW_WORKSPACE, 'package.json'), 'path', 'a'),
      weights: 'README.md',
    };
    store.set({
      workspace,
      table: true,
      screens: { runs: { order: 'best', selected: 3 }, train: { log: true } },
    });
    keeper.settle(store.state);
    keeper.settle(store.state);
    const again = readWorkspace(SCREENS, path);
    expect(again.workspace).toEqual({
      settings: { data: join(process.cwd(), 'package.json') },
      weights: join(process.cwd(), 'README.md'),
      histories: { path: ['a'] },
      theme: 'auto',
    });
    expect(again.table).toBe(true);
    expect(again.screens.runs).toMatchObject({ order: 'best' });
    expect(again.screens.runs).not.toHaveProperty('selected');
    expect(again.screens.train).toMatchObject({ log: true });
  });

  it.each([
    ['no JSON', '{'],
    ['another type', '[]'],
    [
      'values of other types',
      '{"settings":{"epochs":"many","data":7,"nesterov":true},"weights":3,"histories":{"path":[1]},"screens":{"train":{"log":"x"}}}',
    ],
    ['files that are gone', '{"settings":{"data":"/none.csv","init":"/none"},"weights":"/none"}'],
  ])('takes what is valid of a file with %s', (name, text) => {
    const path = join(folder, `${name}.json`);
    writeFileSync(path, text);
    const { workspace, screens } = readWorkspace(SCREENS, path);
    expect(workspace.settings).toEqual({});
    expect(workspace.weights).toBe('');
    expect(screens.train ?? {}).toEqual({});
  });

  it('is on Home and Data with the key that opens a data set, uncut', () => {
    const at = show('home');
    expect(at.text()).toContain('drawn faces (o on Data opens others)');
    expect(at.text()).toContain('all settings at their defaults');
    at.press('2');
    expect(at.text().trimEnd().split('\n').at(-1)).toContain('o open');
  });

  it('is forgotten with F on Home, after a question', () => {
    const at = show('home');
    const { store } = at.program;
    store.set({
      workspace: withData(NEW_WORKSPACE, 'package.json'),
      screens: { train: { log: true, selected: 4 } },
    });
    expect(at.text()).toContain('F forget choices');
    at.press('F');
    expect(at.text()).toContain('forget what was opened and set?');
    expect(store.state.workspace.settings).not.toEqual({});
    at.press('f');
    expect(store.state.workspace.settings).toEqual({});
    expect(store.state.screens.train).toMatchObject({ log: false, selected: 4 });
  });
});

it('the state folder follows XDG_STATE_HOME and the platform', () => {
  expect(stateFolder({ XDG_STATE_HOME: '/s' })).toBe(join('/s', 'fer-tui'));
  expect(stateFolder({}, 'linux', '/h')).toBe(join('/h', '.local', 'state', 'fer-tui'));
  expect(stateFolder({}, 'darwin', '/h')).toBe(join('/h', 'Library', 'Application Support', 'fer-tui'));
});

describe('the form', () => {
  it('starts nothing while letters are typed on a field, whatever they are', () => {
    const send = vi.fn();
    const at = renderAt(100, 30, COLOUR, { screen: 'train', engine: { ...SILENT_ENGINE, send } });
    for (let code = 33; code < 127; code++) {
      at.program.store.set({ screen: 'train', overlay: undefined, screens: { train: { selected: 3 } } });
      const letter = String.fromCharCode(code);
      handleKey(at.program, { name: letter, text: letter });
      handleKey(at.program, { name: letter, text: letter });
    }
    expect(send).not.toHaveBeenCalled();
    expect(at.program.store.state.run).toBeUndefined();
    at.unmount();
  });

  it('finds settings by name and description, the names that begin with the text first, and the next ones', () => {
    const at = renderAt(100, 30, COLOUR, { screen: 'train' });
    const selected = (): string => /▸[ *](\S+)/.exec(at.lines().slice(3).join('\n'))?.[1] ?? '';
    at.press('/', ...'li', 'enter');
    expect(selected()).toBe('limit');
    at.press('n');
    expect(selected()).toContain('li');
    at.press('N');
    expect(selected()).toBe('limit');
    at.press('/', ...'weight decay', 'enter');
    expect(at.text()).toMatch(/weight decay/);
    at.unmount();
  });

  it('goes back to the run with Escape, and home and end move far', () => {
    const run = { ...beginRun(0), phase: 'done' as const };
    const at = renderAt(100, 30, COLOUR, { screen: 'train', state: { run } });
    at.press('n', 'end');
    expect(at.program.store.state.screens.train).toMatchObject({
      form: true,
      selected: OPTION_ENTRIES.length,
    });
    at.press('home', 'escape');
    expect(at.program.store.state.screens.train).toMatchObject({ form: false, selected: 0 });
    at.unmount();
  });

  it('lists the choices of a field on Enter, and takes the one that is typed', () => {
    const at = renderAt(100, 30, COLOUR, { screen: 'train' });
    at.press('/', ...'optimizer', 'enter', 'enter', ...'sgd', 'enter');
    expect(at.program.store.state.workspace.settings).toEqual({ optimizer: 'sgd' });
    at.unmount();
  });
});
