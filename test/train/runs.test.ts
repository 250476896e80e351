import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { recorded } from '../../src/train/assemble.js';
import { resolveConfig } from '../../src/train/config.js';
import { readConfigFile } from '../../src/train/config_file.js';
import { readEvents } from '../../src/train/event_log.js';
import type { EpochEvent, TrainEvent } from '../../src/train/events.js';
import { isLocked, RunFolder, readRunSettings } from '../../src/train/run_folder.js';
import {
  deleteRun,
  differingSettings,
  endText,
  findRun,
  historyCsv,
  listRuns,
  writeNote,
} from '../../src/train/runs.js';

import { RunError } from '../../src/util/errors.js';
import { needs } from '../helpers/needs.js';

const folder = () => mkdtempSync(join(tmpdir(), 'fer-tui-runs-'));

const start = (t: string, config: Record<string, unknown>): TrainEvent => ({
  ...{ v: 1, type: 'start', t, run: '', path: '', model: 'fer-cnn', parameters: 1, adapter: 'a card', of: 3 },
  ...{ data: { name: 'faces', train: 10, validation: 5 }, stepsPerEpoch: 2, config },
});
const epoch = (n: number, acc: number): EpochEvent => ({
  ...{ v: 1, type: 'epoch', t: '', run: '', epoch: n, of: 3, train: { loss: 1, acc: 0.5 } },
  ...{ val: { loss: 2, acc, recall: [] }, lr: 1e-3, imgPerS: 100, seconds: 10, etaS: null, best: false },
});
const end: TrainEvent = { type: 'end', status: 'finished', exit: 0 };

function write(parent: string, name: string, events: readonly TrainEvent[], rest = ''): void {
  mkdirSync(join(parent, name));
  const text = events.map((event) => `${JSON.stringify(event)}\n`).join('');
  writeFileSync(join(parent, name, 'events.ndjson'), text + rest);
}

describe('runs', () => {
  const parent = folder();
  write(parent, 'a', [
    start('2026-01-01T00:00:00Z', { lr: 1e-3, batch: 28 }),
    epoch(1, 0.3),
    epoch(2, 0.4),
    end,
  ]);
  const own = { lr: 1e-2, batch: 28 };
  // Killed in epoch 2, resumed before it, and killed again in the middle of a line.
  const again = [epoch(1, 0.2), epoch(2, 0.9), start('2026-01-03T00:00:00Z', own), epoch(2, 0.5)];
  write(parent, 'b', [start('2026-01-02T00:00:00Z', own), ...again], '{"type":"ep');
  mkdirSync(join(parent, 'no run'));

  it('took as long as their result says, with the time between and within epochs', () => {
    const timed = folder();
    const result = {
      ...{ run: 'r', path: '', epochs: 1, steps: 3, stepInEpoch: 1 },
      bestEpoch: 1,
      bestValAcc: 0.3,
    };
    const ended: TrainEvent[] = [start('', {}), epoch(1, 0.3), { type: 'result', ...result, seconds: 25 }];
    write(timed, 'ended', ended);
    write(timed, 'resumed', [...ended, start('', {})]);
    const [one, other] = ['ended', 'resumed'].map((name) => listRuns(timed).find((run) => run.name === name));
    expect([one?.seconds, one?.stepInEpoch, other?.seconds, other?.stepInEpoch]).toEqual([25, 1, 25, 0]);
  });

  it('are listed, the latest first, with what became of them', () => {
    const [b, a] = listRuns(parent);
    expect([a?.name, a?.status, a?.epochs.length, a?.seconds]).toEqual(['a', 'finished', 2, 20]);
    expect(a?.best).toEqual({ epoch: 2, acc: 0.4 });
    expect([b?.name, b?.status]).toEqual(['b', 'crashed']);
    expect(listRuns(join(parent, 'nowhere'))).toEqual([]);
  });

  it('count an epoch that was run twice once, as it was last', () => {
    expect(findRun('b', parent).epochs.map(({ epoch: n, val }) => [n, val?.acc])).toEqual([
      [1, 0.2],
      [2, 0.5],
    ]);
  });

  it('with a damaged log are shown up to the damage', () => {
    const other = folder();
    write(other, 'c', [start('2026-01-01T00:00:00Z', {}), epoch(1, 0.3)], 'nonsense\n{"type":"end"}\n');
    expect(listRuns(other)).toMatchObject([{ status: 'damaged', damagedAfter: 2, epochs: [{ epoch: 1 }] }]);
    expect(() => readEvents(join(other, 'c', 'events.ndjson'))).toThrow(/ndjson:3: not an event of a run/);
  });

  it.each([
    ['a start without data', { ...start('', {}), data: undefined }],
    ['a start without settings', { ...start('', {}), config: null }],
    ['an epoch without a number', { ...epoch(1, 0.3), epoch: 'one' }],
    ['an epoch without a learning rate', { ...epoch(1, 0.3), lr: undefined }],
    ['an epoch without a duration', { ...epoch(1, 0.3), seconds: undefined }],
    ['an epoch without training numbers', { ...epoch(1, 0.3), train: {} }],
    ['a validation without recalls', { ...epoch(1, 0.3), val: { loss: 1, acc: 1 } }],
    ['a number', 7],
    ['nothing', null],
  ])('are damaged from %s on', (_, line) => {
    const other = folder();
    write(other, 'e', [start('2026-01-01T00:00:00Z', {})], `${JSON.stringify(line)}\n{"type":"end"}\n`);
    expect(findRun('e', other)).toMatchObject({ status: 'damaged', damagedAfter: 1, epochs: [] });
  });

  it('keep a loss that was no number, which JSON writes as null', () => {
    const other = folder();
    write(other, 'f', [
      start('2026-01-01T00:00:00Z', {}),
      { ...epoch(1, 0.3), train: { loss: Number.NaN, acc: 0.1 } },
    ]);
    expect(findRun('f', other).epochs[0]?.train).toEqual({ loss: Number.NaN, acc: 0.1 });
  });

  it('keep a note, and can be deleted unless they are going on', () => {
    const other = folder();
    write(other, 'd', [start('2026-01-01T00:00:00Z', {}), end]);
    const path = join(other, 'd');
    writeNote(path, ''); // there is none yet
    writeNote(path, ' better light ');
    expect(readFileSync(join(path, 'note.txt'), 'utf8')).toBe('better light\n');
    expect(findRun('d', other).note).toBe('better light');
    writeNote(path, '');
    expect(findRun('d', other).note).toBe('');
    writeFileSync(join(path, 'lock'), String(process.pid));
    expect(() => deleteRun({ name: 'd', path })).toThrow('stop it before you delete the run');
    rmSync(join(path, 'lock'));
    deleteRun({ name: 'd', path });
    expect(listRuns(other)).toEqual([]);
  });

  it('are found by name or folder; else the names are told', () => {
    expect(findRun(join(parent, 'a')).name).toBe('a');
    expect(() => findRun('c', parent)).toThrow('no run "c"; there are: b, a');
  });

  it('give their history as CSV, and the settings in which they differ', () => {
    const [b, a] = listRuns(parent);
    if (a === undefined || b === undefined) throw new Error('two runs');
    expect(historyCsv(a)).toBe(
      'epoch,loss,acc,val_loss,val_acc,lr,img_per_s,seconds\n1,1,0.5,2,0.3,0.001,100,10\n2,1,0.5,2,0.4,0.001,100,10\n',
    );
    expect([...differingSettings([a, b])]).toEqual([['lr', ['0.001', '0.01']]]);
  });
});

describe('the report of a run', () => {
  const report = (events: readonly TrainEvent[], lock = false, rest = '') => {
    const parent = folder();
    write(parent, 'r', events, rest);
    if (lock) writeFileSync(join(parent, 'r', 'lock'), String(process.pid));
    return findRun('r', parent);
  };
  const began = start('2026-01-01T00:00:00Z', { lr: 1 });

  it('says where the run is: its last start or end counts, a live process before all', () => {
    const ended = (status: 'stopped' | 'early-stop' | 'failed'): TrainEvent => ({
      ...{ type: 'end', status, exit: 0 },
    });
    for (const status of ['stopped', 'early-stop', 'failed'] as const) {
      expect(report([began, ended(status)]).status).toBe(status);
    }
    expect(report([began, end, epoch(1, 0.5)]).status).toBe('finished');
    expect(report([began, end, began]).status).toBe('crashed');
    expect(report([began, ended('stopped'), began, end]).status).toBe('finished');
    expect(report([]).status).toBe('crashed');
    expect(report([began, end], true).status).toBe('running');
    // Another process may be in the middle of a line.
    expect(report([began], true, 'nonsense\n{}\n').status).toBe('running');
  });

  it('names model, data and adapter of its first start, and the settings of its latest', () => {
    const other = { ...start('2026-01-09T00:00:00Z', { lr: 2 }), model: 'other' } as TrainEvent;
    expect(report([began, other])).toMatchObject({
      ...{ begun: '2026-01-01T00:00:00Z', model: 'fer-cnn', data: 'faces', adapter: 'a card', of: 3 },
      ...{ config: { lr: 2 }, damagedAfter: null, note: '' },
    });
    expect(report([])).toMatchObject({ begun: '', model: '?', data: '?', adapter: '?', of: 0, best: null });
  });

  it('has the best epoch: the first of equals; by training accuracy where nothing was validated', () => {
    expect(report([began, epoch(1, 0.3), epoch(2, 0.6), epoch(3, 0.6)]).best).toEqual({ epoch: 2, acc: 0.6 });
    const { val: _, ...bare } = epoch(1, 0);
    const run = report([began, bare]);
    expect(run.best).toEqual({ epoch: 1, acc: 0.5 });
    expect(historyCsv(run).split('\n')[1]).toBe('1,1,0.5,,,0.001,100,10');
  });

  it('has a best within an epoch that a resumed run went on with', () => {
    const run = report([began, { ...epoch(1, 0.6), steps: 2 }, began, { ...epoch(1, 0.5), steps: 4 }]);
    expect([run.best, run.epochs.map((e) => e.steps)]).toEqual([{ epoch: 1, acc: 0.6 }, [4]]);
  });

  it('says where a training ended', () => {
    const ends = [{ epochs: 0 }, { epochs: 7 }, { epochs: 0, stepInEpoch: 1 }, { epochs: 2, stepInEpoch: 3 }];
    expect(ends.map(endText)).toEqual([
      ...['before the first step', 'at epoch 7', 'after 1 step of epoch 1', 'after 3 steps of epoch 3'],
    ]);
  });

  it('has the epochs in order, although a resumed run told them out of it', () => {
    const run = report([began, epoch(3, 0.3), epoch(1, 0.1), epoch(2, 0.2), epoch(3, 0.4)]);
    expect(run.epochs.map((e) => e.epoch)).toEqual([1, 2, 3]);
    expect([run.seconds, run.best?.acc]).toEqual([30, 0.4]);
  });

  it('differs from another in settings that one of them lacks, but not in its folder', () => {
    const one = report([start('', { out: 'runs/a', lr: 1, dropout: 0.5, seed: null })]);
    const other = report([start('', { out: 'runs/b', lr: 1, batch: 8 })]);
    expect([...differingSettings([one, other])]).toEqual([
      ['dropout', ['0.5', '']],
      ['batch', ['', '8']],
    ]);
    expect(differingSettings([one]).size).toBe(0);
  });

  it('are listed latest first, whatever their names', () => {
    const parent = folder();
    const months = { c: '02', a: '03', b: '01' };
    for (const [name, month] of Object.entries(months)) write(parent, name, [start(`2026-${month}-01`, {})]);
    writeFileSync(join(parent, 'events.ndjson'), '');
    expect(listRuns(parent).map(({ name }) => name)).toEqual(['a', 'c', 'b']);
    expect(() => findRun('x', folder())).toThrow(/^no run "x"; there are none in .* yet$/);
  });
});

describe('a settings file', () => {
  const file = (name: string, text: string): string => {
    const path = join(folder(), name);
    writeFileSync(path, text);
    return path;
  };

  it('may be YAML or JSON, with names of the command line or of config.json', () => {
    const yaml = file('run.yaml', 'epochs: 3\nlabel-smoothing: 0.1 # a note\naugment: flip,rotation=5\n');
    expect(readConfigFile(yaml)).toEqual({ epochs: 3, 'label-smoothing': 0.1, augment: 'flip,rotation=5' });
    const json = file('run.json', JSON.stringify({ labelSmoothing: 0.2, checkpointSeconds: 5, limit: null }));
    expect(readConfigFile(json)).toEqual({ 'label-smoothing': 0.2, 'checkpoint-seconds': 5 });
  });

  it('takes a list for what is one, and a single number for a list', () => {
    const text = 'dense: 128\nfilters: [16, 32]\naugment: [flip, rotation=5]\nclass-weights: balanced\n';
    const settings = readConfigFile(file('lists.yaml', text));
    expect(settings).toEqual({
      dense: '128',
      filters: '16,32',
      augment: 'flip,rotation=5',
      'class-weights': 'balanced',
    });
    expect(() => resolveConfig(settings)).not.toThrow();
  });

  it('is what a run keeps: the settings come back from it', () => {
    const config = resolveConfig({ optimizer: 'sgd', 'early-stopping': 5, gamma: 0.3, schedule: 'step' });
    expect(resolveConfig(readConfigFile(file('config.json', JSON.stringify(config))))).toEqual(config);
  });

  it('keeps the sizes of a named network, so that the name may come to mean another one', () => {
    const config = recorded(resolveConfig({ model: 'fer-vgg', dense: 'none' }));
    expect(config).toMatchObject({ filters: '16,64,128,256', convolutions: 2, dense: 'none' });
    const old = join(folder(), 'old');
    mkdirSync(old);
    writeFileSync(join(old, 'config.json'), JSON.stringify({ model: 'fer-vgg', epochs: 3, dense: '32' }));
    const run = RunFolder.reopen(old);
    // Runs of before that had a fer-vgg of other sizes.
    expect(run.readSettings()).toMatchObject({
      ...{ model: 'fer-vgg', epochs: 3 },
      ...{ filters: '32,64,128,256', convolutions: 2, dense: '32' },
    });
    run.close();
  });

  it.each([
    ['{"epochs": "many"}', 'damaged: epochs = "many": expected'],
    ['{"seed": 1e400}', 'a number that is Infinity'],
    ['{"epochs": 3', 'is not JSON'],
    ['null', 'damaged: expected the settings of a run'],
    ['[3]', 'damaged: expected the settings of a run'],
  ])('is refused with its path where it is damaged: %s', (text, why) => {
    const path = folder();
    writeFileSync(join(path, 'config.json'), text);
    const read = () => readRunSettings(path);
    expect(read).toThrow(RunError);
    expect(read).toThrow(join(path, 'config.json: damaged'));
    expect(read).toThrow(why);
  });

  it('with a wrong name, or none at all, is refused with its path', () => {
    const path = file('run.yaml', 'epoch: 3\n');
    expect(() => readConfigFile(path)).toThrow(
      `config file ${path}: "epoch" is no setting; did you mean "epochs"?`,
    );
    expect(() => readConfigFile(file('y.yaml', 'batchSize: 3\n'))).toThrow('did you mean "batch"?');
    expect(() => readConfigFile(file('y.yaml', 'colour: 3\n'))).toThrow('see "fer-tui train --help"');
    expect(() => readConfigFile(file('x.yaml', '- 1\n'))).toThrow('expected settings like "epochs: 30"');
    expect(() => readConfigFile(file('x.yaml', 'a: [1\n'))).toThrow('x.yaml:');
    expect(() => readConfigFile('/nowhere/run.yaml')).toThrow(
      'config file /nowhere/run.yaml: there is no such file; expected',
    );
  });
});

describe('a lock', () => {
  it.each(['', '0', '-1', 'no number', '4000000'])('of no living process is none: "%s"', (text) => {
    const path = folder();
    expect(isLocked(path)).toBe(false);
    writeFileSync(join(path, 'lock'), text);
    expect(isLocked(path)).toBe(false);
    writeFileSync(join(path, 'lock'), String(process.pid));
    expect(isLocked(path)).toBe(true);
  });
});

it('a log that is a folder hides no other run', () => {
  const parent = mkdtempSync(join(tmpdir(), 'fer-tui-odd-'));
  mkdirSync(join(parent, 'odd', 'events.ndjson'), { recursive: true });
  mkdirSync(join(parent, 'odd', 'note.txt'));
  mkdirSync(join(parent, 'good'));
  writeFileSync(join(parent, 'good', 'events.ndjson'), '');
  const states = listRuns(parent).map(({ name, status }) => [name, status === 'damaged']);
  expect(states.sort()).toEqual([
    ['good', false],
    ['odd', true],
  ]);
});

it('a log that is a pipe is not waited for', needs.linux, () => {
  const parent = mkdtempSync(join(tmpdir(), 'fer-tui-odd-'));
  mkdirSync(join(parent, 'odd'));
  execFileSync('mkfifo', [join(parent, 'odd', 'events.ndjson')]);
  expect(listRuns(parent)).toMatchObject([{ name: 'odd', status: 'damaged', damagedAfter: 0 }]);
});
