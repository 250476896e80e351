import { describe, expect, it } from 'vitest';
import type { Training } from '../../src/train/callbacks/callback.js';
import { EarlyStopping, type EarlyStoppingOptions } from '../../src/train/callbacks/early_stopping.js';
import { ModelCheckpoint } from '../../src/train/callbacks/model_checkpoint.js';
import {
  ReduceLROnPlateau,
  type ReduceLROnPlateauOptions,
} from '../../src/train/callbacks/reduce_lr_on_plateau.js';
import { type ScheduleOptions, scheduleFactor } from '../../src/train/schedules.js';
import { standIn } from '../helpers/stand_in.js';

/** The epoch (from 1) after which training stops; undefined if it goes on. */
function stopsAfter(values: readonly number[], options: EarlyStoppingOptions): number | undefined {
  const callback = new EarlyStopping(options);
  const index = values.findIndex(
    (val_loss, i) => callback.decide(i + 1, { val_loss, val_acc: val_loss }).stop,
  );
  return index < 0 ? undefined : index + 1;
}

describe('EarlyStopping, by hand from the rules of Keras', () => {
  it('waits for `patience` epochs in a row without anything better', () => {
    expect(stopsAfter([1, 0.9, 0.95, 0.91, 0.92], { patience: 3 })).toBe(5);
    expect(stopsAfter([1, 0.9, 0.95, 0.89, 0.92, 0.93], { patience: 3 })).toBeUndefined();
    expect(stopsAfter([1, 0.9, 0.9], { patience: 1 })).toBe(3); // equal is not better
  });

  it('with patience 0 stops at the first epoch that is not better, but never at the very first', () => {
    expect(stopsAfter([1, 0.9, 0.95], { patience: 0 })).toBe(3);
    expect(stopsAfter([Number.NaN, Number.NaN], { patience: 0 })).toBe(2);
  });

  it('counts only changes above min_delta', () => {
    expect(stopsAfter([1, 0.95, 0.92, 0.88], { patience: 2, minDelta: 0.1 })).toBe(3);
    expect(stopsAfter([1, 0.95, 0.89, 0.85, 0.8], { patience: 2, minDelta: 0.1 })).toBe(5);
  });

  it('knows which way is up', () => {
    expect(stopsAfter([0.5, 0.6, 0.55, 0.58], { monitor: 'val_acc', patience: 2 })).toBe(4);
    expect(stopsAfter([0.5, 0.6], { monitor: 'val_acc', mode: 'min', patience: 1 })).toBe(2);
  });

  it('remembers the best epoch, and goes on from its state', () => {
    const first = new EarlyStopping({ patience: 3 });
    expect([1, 0.8, 0.9].map((val_loss, i) => first.decide(i + 1, { val_loss }).best)).toEqual([
      true,
      true,
      false,
    ]);
    const second = new EarlyStopping({ patience: 3 });
    second.state = JSON.parse(JSON.stringify(first.state));
    expect(second.state).toEqual({ best: 0.8, bestEpoch: 2, wait: 1, stopped: false });
    expect(second.decide(4, { val_loss: 0.85 }).stop).toBe(false);
    expect(second.decide(5, { val_loss: 0.85 }).stop).toBe(true);
  });

  it('does nothing without the number', () => {
    expect(new EarlyStopping().decide(3, { loss: 1 })).toEqual({ best: false, stop: false });
  });
});

describe('what is noted in the log', () => {
  const notes = (): { training: Training; said: string[] } => {
    const said: string[] = [];
    const note = (_: string, text: string): void => void said.push(text);
    return { training: standIn<Training>({ learningRate: 0.5, note, stop: () => {} }), said };
  };

  it('names the number that did not improve, which need not be the one that the best weights are chosen by', async () => {
    const { training, said } = notes();
    const stopping = new EarlyStopping({ monitor: 'val_macro_f1', patience: 1 });
    const reducing = new ReduceLROnPlateau({ patience: 1, factor: 0.5 });
    for (const [i, epoch] of [3, 4].entries()) {
      const logs = { val_loss: 1 + i, val_macro_f1: 0.5 - i / 10 };
      reducing.onEpochEnd(epoch, logs, training);
      await stopping.onEpochEnd(epoch, logs, training);
    }
    stopping.onTrainEnd(training);
    expect(said).toEqual([
      'rate 0.5 -> 0.25: no improvement of val_loss',
      'val_macro_f1 was best in epoch 3: stopping early',
    ]);
  });
});

/** The learning rate after each epoch, from 1. */
function rates(values: readonly number[], options: ReduceLROnPlateauOptions): number[] {
  const callback = new ReduceLROnPlateau(options);
  let rate = 1;
  return values.map((val_loss) => {
    rate = callback.decide({ val_loss }, rate);
    return rate;
  });
}

describe('ReduceLROnPlateau, by hand from the rules of Keras', () => {
  it('falls after `patience` epochs without anything better, again and again', () => {
    expect(rates([1, 1, 1, 1, 1], { patience: 2, factor: 0.5 })).toEqual([1, 1, 0.5, 0.5, 0.25]);
    expect(rates([1, 1, 0.5, 0.5, 0.5], { patience: 2, factor: 0.5 })).toEqual([1, 1, 1, 1, 0.5]);
  });

  it('counts nothing in its cooldown', () => {
    // Epoch 3 falls and starts a cooldown of 2: epoch 4 takes it to 1, epoch 5 to 0 and counts 1, epoch 6 falls.
    const options = { patience: 2, factor: 0.5, cooldown: 2 };
    expect(rates([1, 1, 1, 1, 1, 1, 1], options)).toEqual([1, 1, 0.5, 0.5, 0.5, 0.25, 0.25]);
  });

  it('takes changes up to min_delta, 1e-4 by default, for nothing', () => {
    expect(rates([1, 0.99995, 0.9999], { patience: 2, factor: 0.5 })).toEqual([1, 1, 0.5]);
    expect(rates([1, 0.9998, 0.9996], { patience: 2, factor: 0.5 })).toEqual([1, 1, 1]);
  });

  it('never falls below min_lr', () => {
    expect(rates([1, 1, 1, 1], { patience: 1, factor: 0.5, minLr: 0.3 })).toEqual([1, 0.5, 0.3, 0.3]);
  });

  it('refuses a factor that raises, as Keras does', () => {
    expect(() => new ReduceLROnPlateau({ factor: 1 })).toThrow('factor 1; expected a number below 1');
  });
});

describe('ModelCheckpoint', () => {
  it('saves every epoch, or only the best', () => {
    const values = [0.5, 0.4, 0.6, 0.6];
    const saved = (saveBestOnly: boolean) => {
      const callback = new ModelCheckpoint({ monitor: 'val_acc', saveBestOnly });
      return values.map((val_acc, i) => callback.decide(i + 1, { val_acc }));
    };
    expect(saved(true).map(({ save }) => save)).toEqual([true, false, true, false]);
    expect(saved(false).map(({ save }) => save)).toEqual([true, true, true, true]);
    expect(saved(false).map(({ best }) => best)).toEqual([true, false, true, false]);
  });

  it('remembers the accuracy of the best epoch, whatever the best is chosen by', () => {
    const callback = new ModelCheckpoint({ monitor: 'val_loss' });
    callback.decide(1, { val_loss: 2, val_acc: 0.3, acc: 0.5 });
    expect(callback.state).toEqual({ best: 2, bestEpoch: 1, bestAcc: 0.3 });
    callback.decide(2, { val_loss: 1, acc: 0.6 });
    expect(callback.state).toEqual({ best: 1, bestEpoch: 2, bestAcc: 0.6 });
  });
});

function expectClose(got: readonly number[], want: readonly number[]): void {
  expect(got.length).toBe(want.length);
  want.forEach((value, i) => {
    expect(got[i]).toBeCloseTo(value, 12);
  });
}

describe('schedules', () => {
  const at = (options: Partial<ScheduleOptions>, ...epochs: number[]) =>
    epochs.map((epoch) =>
      scheduleFactor({ name: 'constant', epochs: 10, stepsPerEpoch: 4, ...options }, epoch),
    );

  it('by hand', () => {
    expect(at({}, 0, 5, 9)).toEqual([1, 1, 1]);
    expect(at({ name: 'step', stepEpochs: 3, gamma: 0.1 }, 0, 2.9, 3, 6)).toEqual([1, 1, 0.1, 0.1 ** 2]);
    expect(at({ name: 'exponential', gamma: 0.5 }, 0, 1, 2)).toEqual([1, 0.5, 0.25]);
    const cosine = at({ name: 'cosine', final: 0.2 }, 0, 5, 10);
    expectClose(cosine, [1, 0.6, 0.2]);
    const cycle = at({ name: 'one-cycle' }, 0, 1.5, 3, 10);
    expectClose(cycle, [1 / 25, (1 + 1 / 25) / 2, 1, 1e-4]);
  });

  it('warm-up rises from the first step on, and the rest follows it', () => {
    expect(at({ warmupEpochs: 2 }, 0, 0.25, 1.75, 2)).toEqual([0.125, 0.25, 1, 1]);
    expect(at({ warmupEpochs: 2, name: 'exponential', gamma: 0.5 }, 2, 3)).toEqual([1, 0.5]);
  });
});
