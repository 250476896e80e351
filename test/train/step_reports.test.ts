import { expect, it } from 'vitest';
import type { TrainEvent } from '../../src/train/events.js';
import { StepReports } from '../../src/train/step_reports.js';

const stats = { liveBuffers: 1, liveBytes: 3, peakBytes: 5 };
const learner = { learningRate: 0.5, gpu: { pool: { stats } } };
const place = (step: number) => ({
  ...{ epoch: 1, stepInEpoch: step, stepsPerEpoch: 4, imgPerS: 0, etaS: null, elapsedS: 10 + step },
});

it('reports the steps that are wanted, each with its rate and, where it was measured, the norm of its gradient', () => {
  const reports = new StepReports(learner);
  for (const rate of [0.1, 0.2, 0.3, 0.4]) reports.taken(rate);
  const told: TrainEvent[] = [];
  const steps = [3.5, undefined, Number.POSITIVE_INFINITY, 1].map((gradientNorm, i) => ({
    ...{ step: i + 1, loss: 2, penalty: 0, correct: 1, count: 4 },
    ...(gradientNorm !== undefined && { gradientNorm }),
  }));
  reports.add(
    steps,
    (step) => step < 4,
    place,
    (event) => void told.push(event),
  );
  expect(told).toHaveLength(3);
  expect(told[0]).toMatchObject({ step: 1, lr: 0.1, acc: 0.25, gradientNorm: 3.5, elapsedS: 11 });
  expect(told[0]).toHaveProperty('memory', { buffers: 1, liveBytes: 3, peakBytes: 5 });
  for (const event of told.slice(1)) expect(event).not.toHaveProperty('gradientNorm');
  expect(told.map((event) => (event.type === 'step' ? event.lr : undefined))).toEqual([0.1, 0.2, 0.3]);
});
