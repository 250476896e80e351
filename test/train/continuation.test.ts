import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadCheckpoint } from '../../src/train/checkpoint.js';
import { resolveConfig } from '../../src/train/config.js';
import type { RunChanges } from '../../src/train/continuation.js';
import { Control } from '../../src/train/control.js';
import { readEvents } from '../../src/train/event_log.js';
import type { EpochEvent, TrainEvent } from '../../src/train/events.js';
import { loadModel } from '../../src/train/model_file.js';
import { isLocked } from '../../src/train/run_folder.js';
import { findRun, progressText, progressWords } from '../../src/train/runs.js';
import { resumeTraining, runTraining, type TrainResult } from '../../src/train/session.js';
import { describeGpu } from '../helpers/gpu.js';
import { sharedPlace } from '../helpers/place.js';

const place = sharedPlace();

/** Runs that go on with other settings. Five steps are an epoch. */

const SETTINGS = {
  ...{ data: 'synthetic:70', model: 'fer-cnn', filters: '4,8', dense: '8', batch: 14, 'log-every': 1 },
};

async function trained(settings: Readonly<Record<string, unknown>>): Promise<string> {
  const out = join(mkdtempSync(join(tmpdir(), 'fer-tui-continuation-')), 'run');
  await runTraining(resolveConfig({ ...SETTINGS, ...settings, out }), quiet());
  return out;
}

const quiet = () => ({ control: new Control(), emit: () => undefined, place });
const resume = (run: string, changes?: RunChanges): Promise<TrainResult> =>
  resumeTraining(run, quiet(), changes);
const config = (run: string) => JSON.parse(readFileSync(join(run, 'config.json'), 'utf8'));
const events = (run: string): TrainEvent[] => readEvents(join(run, 'events.ndjson'));
const epochs = (run: string): EpochEvent[] =>
  events(run).filter((event): event is EpochEvent => event.type === 'epoch');
/** What training has come to, but for times. */
function state(run: string) {
  const { learner, trainer } = loadCheckpoint(join(run, 'checkpoint.safetensors'));
  const bits = (file: string) =>
    [...loadModel(join(run, `${file}.safetensors`)).weights].map(([name, { data }]) => [name, [...data]]);
  return {
    optimizer: [...learner.optimizer].map(([name, { data }]) => [name, [...data]]),
    trainer: { ...trainer, seconds: 0 },
    weights: [bits('best'), bits('last')],
  };
}

describeGpu('a run that has ended', () => {
  it('goes on to more epochs, to the bits of a run that was begun with so many', async () => {
    const settings = { 'early-stopping': 9, 'reduce-lr': 1, 'reduce-lr-min-delta': 9 };
    const run = await trained({ ...settings, epochs: 1 });
    const { status, epochs: done } = await resume(run, { epochs: 3 });
    expect({ status, done }).toEqual({ status: 'finished', done: 3 });
    const whole = await trained({ ...settings, epochs: 3 });
    expect(state(run)).toEqual(state(whole));
    const numbers = ({ epoch, train, val, lr, best }: EpochEvent) => ({ epoch, train, val, lr, best });
    expect(epochs(run).map(numbers)).toEqual(epochs(whole).map(numbers));
    expect(config(run)).toEqual({ ...config(whole), out: run });
  });

  it('records what was changed, and when', async () => {
    const run = await trained({ epochs: 1 });
    const before = new Date().toISOString();
    await resume(run, { epochs: 2, lr: 5e-4 });
    const changed = { epochs: { from: 1, to: 2 }, lr: { from: 1e-3, to: 5e-4 } };
    const { changes, of, config: latest } = findRun(run);
    expect(changes).toEqual([{ t: expect.any(String), changed }]);
    expect((changes[0]?.t ?? '') >= before).toBe(true);
    expect([of, latest['lr'], latest['epochs']]).toEqual([2, 5e-4, 2]);
    expect(config(run)).toMatchObject({ lr: 5e-4, epochs: 2 });
    const [first, second] = events(run).filter((event) => event.type === 'start');
    expect(second?.config).toEqual({ ...first?.config, lr: 5e-4, epochs: 2 }); // nothing else differs
    expect(epochs(run).map(({ lr }) => lr)).toEqual([1e-3, 5e-4]);
    expect(JSON.stringify(events(run))).toContain('settings changed: epochs 1 -> 2, lr 0.001 -> 0.0005');
    await resume(run); // which changes nothing
    expect(findRun(run).changes).toHaveLength(1);
  });

  it('computes a schedule over the new total, from the new rate', async () => {
    const run = await trained({ epochs: 1, schedule: 'cosine' });
    await resume(run, { epochs: 2, lr: 0.01 });
    const rates = events(run).flatMap((event) => (event.type === 'step' ? [event.lr] : []));
    const cosine = (step: number, of: number): number => 0.5 * (1 + Math.cos((Math.PI * step) / of));
    const expected = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((step) =>
      step < 5 ? 1e-3 * cosine(step, 5) : 1e-2 * cosine(step, 10),
    );
    rates.forEach((rate, i) => void expect(rate).toBeCloseTo(expected[i] ?? Number.NaN, 9));
    expect(rates).toHaveLength(10);
  });

  it('goes on where early stopping ended it: the best value is kept, the patience begins anew', async () => {
    const stopping = { 'early-stopping': 2, 'min-delta': 9, 'restore-best-weights': true };
    const run = await trained({ ...stopping, epochs: 9 });
    expect(findRun(run)).toMatchObject({ status: 'early-stop', done: 3 });
    expect(await resume(run, { lr: 1e-4 })).toMatchObject({ status: 'early-stop', epochs: 5 });
    expect(state(run).trainer.callbacks['earlyStopping']).toMatchObject({ bestEpoch: 1, wait: 2 });
  });

  it('says what was done where it ended within an epoch, and goes on to more steps', async () => {
    const run = await trained({ epochs: 9, 'max-steps': 3 });
    expect(JSON.parse(readFileSync(join(run, 'summary.json'), 'utf8'))).toMatchObject({
      ...{ status: 'finished', epochs: 0, steps: 3, stepInEpoch: 3 },
    });
    expect(epochs(run)).toMatchObject([{ epoch: 1, steps: 3 }]);
    expect([progressText(findRun(run)), progressWords(findRun(run))]).toEqual([
      ...['0/9 + 3 steps', '0 of 9 epochs and 3 steps'],
    ]);
    await resume(run, { 'max-steps': 6 });
    expect(progressText(findRun(run))).toBe('1/9 + 1 step');
    await expect(resume(run, { epochs: 10 })).rejects.toThrow('max-steps = 6');
    const whole = await trained({ epochs: 9, 'max-steps': 6 });
    expect(state(run).optimizer).toEqual(state(whole).optimizer);
  });
});

describeGpu('changes that cannot be', () => {
  it.each([
    [{ epochs: 1 }, 'epochs = 1: '],
    [{ epochs: 0 }, 'expected a whole number in'],
    [{ lr: 1e-4 }, 'has trained 2 already; expected more'],
    [{ lr: -1 }, 'lr = -1: expected'],
    [{ 'max-steps': 4, epochs: 3 }, 'has taken 10 steps already'],
  ])('%j leave the run as it was', async (changes, message) => {
    const run = await trained({ epochs: 2 });
    const log = readFileSync(join(run, 'events.ndjson'), 'utf8');
    const settings = config(run);
    await expect(resume(run, changes)).rejects.toThrow(message);
    expect(readFileSync(join(run, 'events.ndjson'), 'utf8')).toBe(log);
    expect(config(run)).toEqual(settings);
    expect(isLocked(run)).toBe(false);
  });
});

describeGpu('a run that has diverged', () => {
  // At a rate of 10, each of the 70 steps of an epoch multiplies the weights by -19.
  const settings = { batch: 1, optimizer: 'sgd', l2: 1 };

  it('goes on from its last checkpoint with a smaller rate', async () => {
    const run = await trained({ ...settings, epochs: 1, lr: 1e-4 });
    await expect(resume(run, { epochs: 2, lr: 10 })).rejects.toThrow('diverged');
    expect(await resume(run, { lr: 1e-4 })).toMatchObject({ status: 'finished', epochs: 2, steps: 140 });
    expect(findRun(run).changes.map(({ changed }) => changed['lr'])).toEqual([
      { from: 1e-4, to: 10 },
      { from: 10, to: 1e-4 },
    ]);
    const whole = await trained({ ...settings, epochs: 2, lr: 1e-4 });
    expect(state(run)).toEqual(state(whole));
  });

  it('goes on from its start where there is no checkpoint yet', async () => {
    const out = join(mkdtempSync(join(tmpdir(), 'fer-tui-continuation-')), 'run');
    const training = runTraining(
      resolveConfig({ ...SETTINGS, ...settings, epochs: 1, lr: 10, out }),
      quiet(),
    );
    await expect(training).rejects.toThrow('diverged');
    expect(await resume(out, { lr: 1e-4 })).toMatchObject({ status: 'finished', epochs: 1, steps: 70 });
  });
});
