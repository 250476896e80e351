import { describe, expect, it } from 'vitest';
import { Control } from '../../src/train/control.js';

/** How often a waiting trainer would be woken by `act`. */
async function wakes(control: Control, act: () => void): Promise<boolean> {
  let woken = false;
  void control.changed().then(() => {
    woken = true;
  });
  await Promise.resolve();
  const before = woken;
  act();
  await new Promise((resolve) => setImmediate(resolve));
  return !before && woken;
}

describe('requests to a training', () => {
  it('wake a trainer that waits, each of them, and all who wait', async () => {
    const control = new Control();
    const acts = [
      () => control.pause(),
      () => control.step(),
      () => control.resume(),
      () => control.ask('checkpoint'),
      () => control.setLearningRate(0.1),
      () => control.stop('user', 'epoch'),
      () => control.stop('user'),
    ];
    for (const act of acts) expect(await wakes(control, act), String(act)).toBe(true);
    const both = Promise.all([control.changed(), control.changed()]);
    control.pause();
    await both;
  });

  it('a pause is pending until the training goes on', () => {
    const control = new Control();
    expect([control.paused, control.pending]).toEqual([false, false]);
    control.pause();
    expect([control.paused, control.pending, control.requested]).toEqual([true, true, false]);
    control.resume();
    expect([control.paused, control.pending]).toEqual([false, false]);
  });

  it('single steps pause, are counted, taken one by one, and forgotten by resume', () => {
    const control = new Control();
    expect(control.takeStep()).toBe(false);
    control.step();
    control.step();
    expect(control.paused).toBe(true);
    expect([control.takeStep(), control.takeStep(), control.takeStep()]).toEqual([true, true, false]);
    control.step();
    control.resume();
    expect(control.takeStep()).toBe(false);
    control.step();
    control.pause();
    expect(control.takeStep()).toBe(true);
  });

  it('requests are kept in order, each once, and are taken once', () => {
    const control = new Control();
    control.ask('validate');
    control.ask('checkpoint');
    control.ask('validate');
    expect([control.requested, control.pending, control.paused]).toEqual([true, true, false]);
    expect(control.takeRequests()).toEqual(['validate', 'checkpoint']);
    expect([control.requested, control.takeRequests()]).toEqual([false, []]);
    control.ask('validate');
    control.setLearningRate(0.5);
    control.setLearningRate(0.1);
    expect(control.takeRequests()).toEqual(['validate', { lr: 0.1 }]);
  });

  it('a rate is above 0 and at most 10', () => {
    const control = new Control();
    control.setLearningRate(10);
    control.setLearningRate(1e-9);
    expect(control.takeRequests()).toEqual([{ lr: 1e-9 }]);
    for (const lr of [0, -1, 10.01, Number.NaN]) expect(() => control.setLearningRate(lr)).toThrow('(0, 10]');
    expect(control.pending).toBe(false);
  });

  it('each reason to stop has its exit code, at once and after the epoch', () => {
    const codes = { sigint: 130, sigterm: 143, sighup: 129, pipe: 129, user: 0 } as const;
    for (const [reason, code] of Object.entries(codes) as [keyof typeof codes, number][]) {
      for (const after of ['batch', 'epoch'] as const) {
        const control = new Control();
        control.stop(reason, after);
        expect(control.exit, `${reason} ${after}`).toBe(code);
        const [now, later] = [control.stopped, control.finishing];
        expect([now, later]).toEqual(after === 'batch' ? [reason, undefined] : [undefined, reason]);
      }
    }
  });

  it('the first reason to stop after the epoch is kept; one to stop now has its own exit code', () => {
    const control = new Control();
    control.stop('sigterm', 'epoch');
    control.stop('sigint', 'epoch');
    expect([control.finishing, control.exit]).toEqual(['sigterm', 143]);
    control.stop('user');
    control.stop('sigint');
    expect([control.stopped, control.exit]).toEqual(['user', 0]);
  });
});
