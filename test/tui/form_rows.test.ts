import { describe, expect, it } from 'vitest';
import type { TrainEvent } from '../../src/train/events.js';
import { OPTION_ENTRIES, OPTIONS } from '../../src/train/options.js';
import { listRuns, type RunReport } from '../../src/train/runs.js';
import { effectiveText, type FormValues, fieldHelp } from '../../src/tui/form.js';
import { costWords } from '../../src/tui/form_cost.js';
import { differs, formRows, rowsLeft } from '../../src/tui/form_rows.js';
import { NEW_WORKSPACE } from '../../src/tui/workspace.js';
import { fakeEnd, fakeEvents } from '../helpers/events.js';
import { eventually } from '../helpers/patience.js';
import { answeringEngine, type Rendered, renderAt } from '../helpers/render_at.js';
import { runsFolder, writeRun } from '../helpers/run_folders.js';

const NONE = { color: 'none', glyphs: 'unicode' } as const;
const all = rowsLeft('', {}, undefined);

it('the form has every setting once, in the order of the command line, under ten headings', () => {
  const rows = formRows(all);
  const names = rows.flatMap((row) => ('name' in row ? row.name : []));
  expect(names).toEqual(OPTION_ENTRIES.map(([name]) => name));
  expect(rows.filter((row) => 'heading' in row)).toHaveLength(10);
  expect(rows[0]).toEqual({ heading: 'data and network' });
});

it('a filter leaves what has a text, or what differs from the defaults or the base', () => {
  const names = (filter: string, ...more: [Parameters<typeof rowsLeft>[1], Parameters<typeof rowsLeft>[2]]) =>
    rowsLeft(filter, ...more).map((row) => OPTION_ENTRIES[row - 1]?.[0]);
  expect(names('warmup', {}, undefined)).toEqual(['warmup-epochs']);
  const base = { name: 'r3', settings: { lr: 0.01, batch: 7 } };
  expect(names('*', { lr: 0.01 }, undefined)).toEqual(['lr']);
  expect(names('*', { lr: 0.01, epochs: 3 }, base)).toEqual(['epochs', 'batch']);
  expect(formRows(rowsLeft('warmup', {}, undefined))).toHaveLength(2);
});

/** Runs in a folder, read back. */
function runs(...changes: { name: string; config: object }[]): RunReport[] {
  const folder = runsFolder();
  for (const { name, config } of changes) {
    const events = [...fakeEvents(), ...fakeEnd()].map(
      (event): TrainEvent =>
        event.type === 'start' ? { ...event, run: name, config: { ...event.config, ...config } } : event,
    );
    writeRun(folder, name, { events });
  }
  return listRuns(folder);
}

describe('the cost of a run', () => {
  it('is that of a run with the same network and batch, on the same data if there is one', () => {
    const measured = runs(
      { name: 'r1', config: { batch: 14 } },
      { name: 'r2', config: { data: 'synthetic:70' } },
    );
    expect(costWords({}, measured)).toBe(
      'cost: 200 img/s, 252 MB on the device, measured by r2 on other data',
    );
    expect(costWords({ batch: 14, epochs: 4 }, measured)).toBe(
      'cost: 0:30 per epoch, 2:00 in total, 252 MB on the device, measured by r1 (200 img/s)',
    );
  });

  it('is not known without one, and has no memory where the log has none', () => {
    const measured = runs({ name: 'r1', config: { data: 'synthetic:70' } });
    expect(costWords({ filters: '8,16' }, measured)).toContain('unknown');
    expect(costWords({}, [{ ...(measured[0] as RunReport), peakBytes: null }])).not.toContain('device');
  });
});

describe.each([
  [100, 30],
  [60, 20],
])('the form at %i x %i', (cols, rows) => {
  const open = (settings = {}, base?: object): Rendered => {
    const found = runs({ name: 'r2', config: { data: 'synthetic:2800' } });
    const engine = answeringEngine({ 'runs.list': found });
    const screens = { train: { base } };
    const state = { workspace: { ...NEW_WORKSPACE, settings }, screens };
    return renderAt(cols, rows, NONE, { screen: 'train', engine, state, open: true });
  };
  const selected = (at: Rendered): string | undefined =>
    OPTION_ENTRIES[((at.program.store.state.screens.train as { selected?: number }).selected ?? 0) - 1]?.[0];

  it('has sections, and the keys go from setting to setting', () => {
    const at = open();
    expect(at.text()).toContain(`${rows > 20 ? '─' : '·'} data and network`);
    for (let i = 0; i < 7; i++) at.press('down');
    expect(selected(at)).toBe('epochs');
    expect(at.text()).toMatch(/▸ *epochs/);
    expect(at.text()).toContain(`${rows > 20 ? '─' : '·'} training`);
    at.unmount();
  });

  it('a click on a heading selects nothing, one on a setting that setting', () => {
    const at = open();
    for (let i = 0; i < 7; i++) at.press('down');
    const line = (text: string): number =>
      at
        .text()
        .split('\n')
        .findIndex((row) => row.includes(text));
    if (rows > 20) at.mouse('click', 6, line('─ training'));
    expect(selected(at)).toBe('epochs');
    at.mouse('click', 6, line(' activation '));
    expect(selected(at)).toBe('activation');
    at.unmount();
  });

  it('F shows only what has a text, or what differs; / finds what is hidden', () => {
    const at = open({ lr: 0.01 }, { name: 'r3', settings: { lr: 0.002 } });
    at.press('F', 'p', 'l', 'a', 't', 'e', 'a', 'u', 'enter');
    expect(at.text()).toContain('new run · only "plateau"');
    expect(at.text()).toContain('reduce-lr');
    expect(at.text()).not.toContain('epochs  ');
    at.press('down');
    expect(selected(at)).toBe('monitor');
    at.press('F', '*', 'enter');
    expect(at.text()).toContain('new run · only what differs: 1');
    expect(at.text()).toContain('0.01 (r3: 0.002)');
    at.press('/', 'w', 'a', 'r', 'm', 'u', 'p', 'enter');
    expect(selected(at)).toBe('warmup-epochs');
    expect(at.text()).not.toContain('only what differs');
    at.press('F', 'n', 'o', 'n', 's', 'u', 'c', 'h', 'enter');
    expect(at.text()).toContain('no setting has "nonsuch"');
    at.unmount();
  });

  it('tells the cost that an earlier run has measured', async () => {
    const at = open();
    await eventually(() => {
      at.flush();
      expect(at.text().replaceAll(/[│\s]+/g, ' ')).toContain('252 MB on the device');
    });
    at.unmount();
  });
});

describe('what holds where nobody has set a field', () => {
  const shown = (name: string, values: FormValues = {}): string => effectiveText(name, values);

  it('is told for every setting', () => {
    expect(OPTION_ENTRIES.map(([name]) => name).filter((name) => shown(name) === '')).toEqual([]);
    for (const [name, { help }] of OPTION_ENTRIES) {
      const [only, ...more] = [...help.matchAll(/\(default: ([^)']+)\)/g)].map(([, text]) => text);
      if (only !== undefined && more.length === 0) expect(shown(name), name).toBe(only);
    }
  });

  it('follows from the other settings', () => {
    expect(shown('filters')).toBe('32,64,128,256');
    expect(shown('dense', { model: 'fer-vgg' })).toBe('128');
    expect(shown('convolutions', { architecture: 'model.json' })).toBe('as in the file');
    expect(shown('gamma', { schedule: 'exponential' })).toBe('0.95');
    expect(shown('final-lr', { schedule: 'one-cycle' })).toBe('1e-4');
    expect(shown('filters', { filters: '8' })).toBe('8');
    expect(fieldHelp('filters', OPTIONS.filters, { filters: '8' })).toContain('default: 32,64,128,256');
    const run = { name: 'r1', settings: { filters: '32,64,128,256' } }; // as config.json has it
    expect(differs('filters', {}, run)).toBe(false);
  });
});
