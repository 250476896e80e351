import type { TrainEvent } from '../../src/train/events.js';
import { CLASS_NAMES } from '../../src/util/classes.js';

/** The events of a run that learns: `epochs` of `of`, a step event for every step. */
export function fakeEvents({ epochs = 3, of = 5, steps = 20 } = {}): TrainEvent[] {
  const events: TrainEvent[] = [
    {
      v: 1,
      type: 'start',
      t: '2026-11-23T10:00:00Z',
      run: 'r7',
      path: 'runs/r7',
      model: 'fer-cnn',
      parameters: 541_191,
      adapter: 'llvmpipe',
      data: { name: 'drawn faces', train: 28 * steps, validation: 70, classes: CLASS_NAMES, majority: 0.251 },
      of,
      stepsPerEpoch: steps,
      memory: { buffers: 90, liveBytes: 200 << 20, peakBytes: 240 << 20 },
      config: { model: 'fer-cnn', batch: 28, lr: 0.001, checkpointSeconds: 60 },
    },
  ];
  for (let epoch = 1; epoch <= epochs; epoch++) {
    for (let s = 1; s <= steps; s++) {
      const step = (epoch - 1) * steps + s;
      const loss = 2 * Math.exp(-step / 50) + 0.1 * Math.sin(step);
      events.push({
        ...{
          type: 'step',
          step,
          epoch,
          loss,
          acc: Math.min(1, step / 100),
          lr: 0.001,
          imgPerS: 200,
          etaS: 100,
        },
        ...{ of: steps, stepInEpoch: s },
      });
    }
    const confusion = CLASS_NAMES.map((_, i) => CLASS_NAMES.map((_c, j) => (i === j ? 4 + epoch : 1)));
    events.push({
      ...{ v: 1, type: 'epoch', t: '2026-11-23T10:01:00Z', run: 'r7', epoch, of, lr: 0.001, imgPerS: 200 },
      train: { loss: 2 / epoch, acc: 0.2 * epoch },
      val: { loss: 2.1 / epoch, acc: 0.15 * epoch, recall: CLASS_NAMES.map((_, c) => c / 10), confusion },
      seconds: 30,
      etaS: 60,
      best: epoch !== 2,
    });
  }
  return events;
}

/** What the end of a run adds. */
export function fakeEnd(status: 'finished' | 'stopped' | 'early-stop' = 'finished'): TrainEvent[] {
  const result = {
    run: 'r7',
    path: 'runs/r7',
    epochs: 3,
    steps: 60,
    bestEpoch: 3,
    bestValAcc: 0.45,
    seconds: 90,
  };
  return [
    { type: 'result', ...result },
    { type: 'end', status, exit: 0 },
  ];
}
