import { recorded } from '../../src/train/assemble.js';
import { resolveConfig } from '../../src/train/config.js';
import type { StartEvent, TrainEvent } from '../../src/train/events.js';
import { classMetrics } from '../../src/train/metrics.js';
import type { RunReview } from '../../src/train/run_review.js';
import { CLASS_NAMES } from '../../src/util/classes.js';
import type { Picture } from '../../src/util/picture.js';
import { fakeEnd, fakeEvents } from './events.js';

const gradient = (width: number, height: number, channels: 1 | 3): Picture => ({
  ...{ width, height, channels },
  data: Uint8Array.from({ length: width * height * channels }, (_, i) => (i * 7) % 256),
});

/** A review that lacks nothing, with two filters and one mistake. */
export function fullReview(): RunReview {
  const events: TrainEvent[] = [...fakeEvents(), ...fakeEnd()];
  const [first] = events as [StartEvent];
  const epochs = events.filter((event) => event.type === 'epoch');
  const config = recorded(resolveConfig({ batch: 9 }));
  const start = { ...first, environment: { version: '0.1.0', node: '22.1.0', platform: 'linux x64' } };
  const confusion = CLASS_NAMES.map((_, i) =>
    CLASS_NAMES.map((_c, j) => (i === j ? 8 : i === 2 && j === 5 ? 8 : 0)),
  );
  const perClass = classMetrics(confusion, CLASS_NAMES);
  return {
    run: {
      ...{
        name: 'r7',
        path: 'runs/r7',
        status: 'finished',
        begun: start.t,
        model: 'fer-cnn',
        data: 'drawn faces',
      },
      ...{ adapter: 'llvmpipe', config, of: 5, epochs, best: { epoch: 3, acc: 0.45 }, seconds: 90 },
      ...{ done: epochs.length, stepInEpoch: 0, changes: [] },
      ...{ peakBytes: null, damagedAfter: null, dataNotes: [], note: 'a note' },
    },
    sessions: [start],
    incidents: [{ epochs: 2, kind: 'lr', message: 'the learning rate was halved' }],
    config,
    epoch: epochs.at(-1),
    weights: {
      value: {
        ...{ file: 'best.safetensors', classes: CLASS_NAMES },
        network: {
          ...{ name: 'fer-cnn', trainable: 541_191, nonTrainable: 12 },
          rows: [{ layer: 'conv2d', type: 'Conv2D', output: [null, 46, 46, 32], params: 320, from: [] }],
        },
        filters: {
          layer: 'conv2d',
          size: [3, 3],
          pictures: [gradient(3, 3, 3), gradient(3, 3, 3)],
          limit: 0.25,
          summed: false,
        },
      },
    },
    evaluation: {
      value: {
        ...{
          loss: 0.9,
          accuracy: 0.75,
          top2: 0.9,
          ece: 0.125,
          eceByChance: 0.1,
          confusion,
          perClass,
          macroF1: 0.7,
        },
        ...{ data: 'drawn faces', adapter: 'llvmpipe', count: 70, wrong: 17 },
        bins: [
          { from: 0, to: 0.5, count: 10, confidence: 0.4, accuracy: 0.3 },
          { from: 0.5, to: 1, count: 60, confidence: 0.8, accuracy: 0.7 },
        ],
        mistakes: [
          { index: 4, picture: gradient(48, 48, 1), label: 2, predicted: 5, confidence: 0.6, own: 0.2 },
        ],
      },
    },
  };
}
