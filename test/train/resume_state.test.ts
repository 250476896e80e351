import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { resolveConfig } from '../../src/train/config.js';
import { Control } from '../../src/train/control.js';
import { readEvents } from '../../src/train/event_log.js';
import type { TrainEvent } from '../../src/train/events.js';
import { loadModel } from '../../src/train/model_file.js';
import { findRun } from '../../src/train/runs.js';
import { type Hooks, resumeTraining, runTraining } from '../../src/train/session.js';
import { readRunState } from '../../src/tui/run_state.js';
import { secondsOf } from '../../src/tui/run_words.js';
import { describeGpu } from '../helpers/gpu.js';
import { sharedPlace } from '../helpers/place.js';

const place = sharedPlace();

/** What a run's folder holds beside weights and optimiser, and what resuming makes of it. */

const newFolder = () => mkdtempSync(join(tmpdir(), 'fer-tui-resume-state-'));
const SETTINGS = {
  data: 'synthetic:70',
  model: 'fer-cnn',
  filters: '4,8',
  dense: '8',
  batch: 14,
  epochs: 2,
  'log-every': 1,
};

/** Two epochs of five steps; `onEvent` may stop them. */
function hooks(onEvent: (event: TrainEvent, control: Control) => void = () => undefined): Hooks {
  const control = new Control();
  return { control, emit: (event) => onEvent(event, control), place };
}

/** A run that was stopped after its first epoch. */
async function stoppedRun(): Promise<string> {
  const out = join(newFolder(), 'run');
  const stop = hooks((event, control) => {
    if (event.type === 'step') control.stop('sigint', 'epoch');
  });
  expect(await runTraining(resolveConfig({ ...SETTINGS, out }), stop)).toMatchObject({
    ...{ status: 'stopped', epochs: 1 },
  });
  return out;
}

const lastWeights = (run: string) =>
  [...loadModel(join(run, 'last.safetensors')).weights].map(([name, { data }]) => [name, [...data]]);

describeGpu('a mistake in the settings', () => {
  it.each([
    [
      'class weights of another number of classes',
      { 'class-weights': '1,2' },
      'expected "balanced", or 7 numbers',
    ],
    ['weights that are not there', { init: '/nowhere/w.safetensors' }, 'cannot read weights'],
    [
      'a folder of steps that cannot be made',
      { 'save-steps': '/dev/null/steps' },
      'cannot write /dev/null/steps',
    ],
    ['more pools than the image allows', { filters: '4,4,4,4,4,4,4' }, 'a valid window must fit'],
  ])('leaves no run folder behind: %s', async (_, wrong, message) => {
    const out = join(newFolder(), 'run');
    const training = runTraining(resolveConfig({ ...SETTINGS, ...wrong, epochs: 1, out }), hooks());
    await expect(training).rejects.toThrow(message);
    expect(existsSync(out)).toBe(false);
  });
});

describeGpu('a mistake beside a folder of steps', () => {
  it('leaves no such folder behind', async () => {
    const parent = newFolder();
    const wrong = { 'class-weights': '1', 'save-steps': join(parent, 'steps'), out: join(parent, 'run') };
    await expect(runTraining(resolveConfig({ ...SETTINGS, ...wrong }), hooks())).rejects.toThrow('7 numbers');
    expect(readdirSync(parent)).toEqual([]);
  });
});

describeGpu('a resumed run', () => {
  it('trains with the kernels that it started with, not with those that the device would choose today', async () => {
    const run = await stoppedRun();
    const [same, other] = [join(newFolder(), 'same'), join(newFolder(), 'other')];
    for (const copy of [same, other]) cpSync(run, copy, { recursive: true });
    // The second convolution may be computed in several ways; they round differently.
    const path = join(other, 'tuning.json');
    const table = JSON.parse(readFileSync(path, 'utf8')) as { choices: Record<string, string> };
    const key = 'conv2d training [14, 24, 24, 4] -> [24, 24, 8], 3 x 3 / 1';
    const changed = JSON.stringify({ ...table, choices: { ...table.choices, [key]: 'naive' } });
    writeFileSync(path, changed);

    for (const folder of [run, same, other]) await resumeTraining(folder, hooks());
    expect(lastWeights(same)).toEqual(lastWeights(run));
    expect(lastWeights(other)).not.toEqual(lastWeights(run));
    expect(readFileSync(path, 'utf8')).toBe(changed);
  });

  it('goes on with a log whose last line a crash left incomplete', async () => {
    const run = await stoppedRun();
    const log = join(run, 'events.ndjson');
    const before = readEvents(log).length;
    appendFileSync(log, '{"type":"step","st');
    await resumeTraining(run, hooks());
    const events = readEvents(log);
    expect(events[before]).toMatchObject({ type: 'start' });
    expect(
      events.filter(({ type }) => type === 'epoch').map((event) => 'epoch' in event && event.epoch),
    ).toEqual([1, 2]);
  });

  it('that is complete says so, and trains no more', async () => {
    const out = join(newFolder(), 'run');
    await runTraining(resolveConfig({ ...SETTINGS, epochs: 1, out }), hooks());
    const before = lastWeights(out);
    await resumeTraining(out, hooks());
    expect(lastWeights(out)).toEqual(before);
    expect(readEvents(join(out, 'events.ndjson'))).toContainEqual({
      ...{ type: 'note', kind: 'resume', step: 5, elapsedS: expect.any(Number) },
      message: 'the run is complete: it has ended at epoch 1; --epochs N extends it',
    });
  });

  it('that has ended within its first epoch says so, and which option extends it', async () => {
    const out = join(newFolder(), 'run');
    await runTraining(resolveConfig({ ...SETTINGS, 'max-steps': 2, out }), hooks());
    await resumeTraining(out, hooks());
    expect(readEvents(join(out, 'events.ndjson'))).toContainEqual({
      ...{ type: 'note', kind: 'resume', step: 2, elapsedS: expect.any(Number) },
      message: 'the run is complete: it has ended after 2 steps of epoch 1; --max-steps N extends it',
    });
  });

  it('counts the time of all its parts', async () => {
    const run = await stoppedRun();
    const seconds = (): number =>
      (JSON.parse(readFileSync(join(run, 'summary.json'), 'utf8')) as { seconds: number }).seconds;
    const first = seconds();
    await resumeTraining(run, hooks());
    expect(seconds()).toBeGreaterThan(first);
    const told = readEvents(join(run, 'events.ndjson')).flatMap((event) =>
      event.type === 'step' || event.type === 'epoch' || event.type === 'note' ? (event.elapsedS ?? []) : [],
    );
    expect(told.length).toBeGreaterThan(2);
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(told.at(-1)).toBeGreaterThan(first);
    const shown = [secondsOf(readRunState(run)), findRun(run).seconds];
    expect(shown).toEqual([seconds(), seconds()]);
  });
});

describeGpu('a run', () => {
  it('begins with the weights of --init, each in its place', async () => {
    const run = await stoppedRun();
    const init = join(run, 'last.safetensors');
    const out = join(newFolder(), 'run');
    // So small a rate moves no weight by more than rounding.
    await runTraining(resolveConfig({ ...SETTINGS, init, out, lr: 1e-12, 'max-steps': 1 }), hooks());
    const moved = (name: unknown) => /moving_/.test(String(name));
    const trainable = (folder: string) =>
      [...loadModel(join(folder, 'last.safetensors')).weights].filter(([name]) => !moved(name));
    const [got, want] = [trainable(out), trainable(run)];
    expect(got.map(([name]) => name)).toEqual(want.map(([name]) => name));
    got.forEach(([name, { data }], i) => {
      const far = data.findIndex((value, k) => Math.abs(value - (want[i]?.[1].data[k] ?? 0)) > 1e-6);
      expect(far, name).toBe(-1);
    });
  });

  it('names the share of validation images that always answering the most frequent class gets right', async () => {
    const row = (label: number, usage: string) => `${label},${Array(2304).fill(label).join(' ')},${usage}`;
    const training = [0, 3, 3, 3, 5].map((label) => row(label, 'Training'));
    const validation = [0, 0, 3, 5].map((label) => row(label, 'PublicTest'));
    const data = join(newFolder(), 'fer2013.csv');
    writeFileSync(data, ['emotion,pixels,Usage', ...training, ...validation].join('\n'));
    let majority: number | null | undefined;
    const stop = hooks((event, control) => {
      if (event.type !== 'start') return;
      majority = event.data.majority;
      control.stop('sigint');
    });
    await runTraining(resolveConfig({ ...SETTINGS, data, out: join(newFolder(), 'run') }), stop);
    expect(majority).toBe(0.25); // Happy: three of the five for training, one of the four for validation
  });
});
