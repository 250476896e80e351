import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runTrial, type TrialOrder } from '../../src/study/run_trial.js';
import { giveCommand } from '../../src/train/command_file.js';
import { Control } from '../../src/train/control.js';
import type { TrainEvent } from '../../src/train/events.js';
import { loadModel } from '../../src/train/model_file.js';
import type { Hooks } from '../../src/train/session.js';
import { OWN_PLACE, SharedPlace } from '../../src/train/workplace.js';
import { describeGpu } from '../helpers/gpu.js';
import { sharedPlace } from '../helpers/place.js';

const shared = sharedPlace();

const SETTINGS = {
  ...{ data: 'synthetic:70', model: 'fer-shallow', filters: '4', dense: '8', batch: 14 },
  ...{ epochs: 3, schedule: 'cosine', 'log-every': 1, 'checkpoint-seconds': 0 },
};

function order(part: Partial<TrialOrder> = {}): TrialOrder {
  const run = join(mkdtempSync(join(tmpdir(), 'fer-tui-trial-')), 't1');
  return {
    number: 1,
    values: { lr: 0.01 },
    settings: SETTINGS,
    run,
    until: 3,
    objective: 'val_acc',
    ...part,
  };
}

function hooks(onEvent: (event: TrainEvent, control: Control) => void = () => undefined): Hooks {
  const control = new Control();
  return { control, emit: (event) => onEvent(event, control), place: shared };
}

const bits = (run: string) =>
  [...loadModel(join(run, 'last.safetensors')).weights].map(([name, { data }]) => [name, [...data]]);

describeGpu('a trial', () => {
  it('in steps, one of them interrupted, beside others on one device, is the same as in one go', async () => {
    const whole = order();
    const once = await runTrial(whole, { ...hooks(), place: OWN_PLACE });
    expect(once).toMatchObject({ number: 1, values: { lr: 0.01 }, state: 'complete', epochs: 3, until: 3 });
    expect(once.curve).toHaveLength(3);
    expect(once.metric).toBe(Math.max(...once.curve));

    const place = new SharedPlace();
    const parts = order({ until: 1 });
    const first = await runTrial(parts, { ...hooks(), place });
    expect(first).toMatchObject({ state: 'paused', epochs: 1, until: 1 });
    const other = order({ values: { lr: 1e-4, filters: '8' } });
    expect((await runTrial(other, { ...hooks(), place })).state).toBe('complete');
    const stop = hooks((event, control) => {
      if (event.type === 'step' && event.step === 8) control.stop('sigterm');
    });
    expect(await runTrial({ ...parts, until: 3 }, { ...stop, place })).toMatchObject({
      ...{ state: 'running', epochs: 1, until: 3 },
    });
    const last = await runTrial({ ...parts, until: 3 }, { ...hooks(), place });
    expect({ ...last, run: '', seconds: 0 }).toEqual({ ...once, run: '', seconds: 0 });
    expect(bits(parts.run)).toEqual(bits(whole.run));

    const gpu = await place.open(undefined);
    expect(gpu.pool.stats).toMatchObject({ liveBuffers: 0, liveBytes: 0 });
    place.close();
  });

  it('interrupted in its last epoch is not over: the next step ends it; at its last step it is', async () => {
    const [whole, parts, end] = [order(), order(), order()];
    const once = await runTrial(whole, hooks());
    const same = { ...once, run: '', seconds: 0 };
    const stop = (left: number) =>
      hooks((event, control) => {
        if (event.type === 'step' && event.epoch === 3 && event.stepInEpoch === event.of - left)
          control.stop('sigint');
      });
    expect(await runTrial(parts, stop(1))).toMatchObject({ state: 'running', until: 3 });
    expect({ ...(await runTrial(parts, hooks())), run: '', seconds: 0 }).toEqual(same);
    expect({ ...(await runTrial(end, stop(0))), run: '', seconds: 0 }).toEqual(same);
    for (const { run } of [parts, end]) expect(bits(run)).toEqual(bits(whole.run));
  });

  it('may be paused and saved by other processes, but not changed', async () => {
    const own = order({ until: 1 });
    const told: string[] = [];
    const tell = hooks((event) => {
      if (event.type !== 'start') return;
      giveCommand(own.run, { type: 'checkpoint' });
      expect(() => giveCommand(own.run, { type: 'lr', lr: 0.1 })).toThrow(
        'a trial of a search or cross-validation can be paused',
      );
      told.push(event.run);
    });
    expect(await runTrial(own, tell)).toMatchObject({ state: 'paused' });
    expect(told).toEqual(['t1']);
  });

  it('that diverges or cannot be set up has failed, and the place goes on', async () => {
    const place = new SharedPlace();
    const diverging = await runTrial(
      order({ settings: { ...SETTINGS, optimizer: 'sgd' }, values: { lr: 10, activation: 'relu', l2: 1 } }),
      { ...hooks(), place },
    );
    expect(diverging).toMatchObject({ state: 'failed', error: expect.stringContaining('training diverged') });
    const wrong = await runTrial(order({ values: { nesterov: true, optimizer: 'sgd' } }), {
      ...hooks(),
      place,
    });
    expect(wrong).toMatchObject({
      state: 'failed',
      epochs: 0,
      metric: null,
      error: 'nesterov: needs --momentum above 0',
    });
    const huge = await runTrial(order({ values: { filters: '4096', dense: 'none', batch: 70 } }), {
      ...hooks(),
      place,
    });
    expect(huge).toMatchObject({ state: 'failed', error: expect.stringContaining('out of GPU memory') });
    expect((await runTrial(order(), { ...hooks(), place })).state).toBe('complete');
    place.close();
  });

  it('starts again from a folder that was left before its run began', async () => {
    const left = order({ until: 1 });
    mkdirSync(left.run);
    writeFileSync(join(left.run, 'events.ndjson'), '');
    expect((await runTrial(left, hooks())).state).toBe('paused');
  });

  it('starts again from a checkpoint that is damaged, to the same result', async () => {
    const whole = order();
    await runTrial(whole, hooks());
    const damaged = order({ until: 1 });
    await runTrial(damaged, hooks());
    writeFileSync(join(damaged.run, 'checkpoint.safetensors'), '');
    const again = await runTrial({ ...damaged, until: 3 }, hooks());
    expect(again).toMatchObject({ state: 'complete', epochs: 3 });
    expect(bits(damaged.run)).toEqual(bits(whole.run));
  });

  it('without data is an error of all trials', async () => {
    const nowhere = order({ settings: { ...SETTINGS, data: '/nowhere.csv' } });
    await expect(runTrial(nowhere, hooks())).rejects.toThrow('there is no such file');
    expect(existsSync(nowhere.run)).toBe(false);
  });
});

it('needs a folder that no other process uses', async () => {
  const busy = order();
  mkdirSync(busy.run);
  writeFileSync(join(busy.run, 'config.json'), '{}');
  writeFileSync(join(busy.run, 'lock'), String(process.pid));
  await expect(runTrial(busy, hooks())).rejects.toThrow(`process ${process.pid} is using it`);
});
