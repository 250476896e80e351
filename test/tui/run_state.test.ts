import { describe, expect, it } from 'vitest';
import type { TrainEvent } from '../../src/train/events.js';
import { Curve } from '../../src/tui/curve.js';
import { applyEvent, beginRun, isActive, loseRun, type RunState, reopened } from '../../src/tui/run_state.js';
import { silentSeconds } from '../../src/tui/run_words.js';
import { fakeEnd, fakeEvents } from '../helpers/events.js';

const play = (events: readonly TrainEvent[], run: RunState = beginRun(0)): RunState =>
  events.reduce((state, event, i) => applyEvent(state, event, i), run);

describe('the state of a run', () => {
  it('follows the events from the start to the end', () => {
    const going = play(fakeEvents({ epochs: 2, steps: 10 }));
    expect(going).toMatchObject({
      phase: 'training',
      start: { run: 'r7' },
      step: { epoch: 2, stepInEpoch: 10 },
    });
    expect(going.epochs.map(({ epoch }) => epoch)).toEqual([1, 2]);
    expect(going.validation).toMatchObject({ at: 2 });
    expect(going.loss.whole).toHaveLength(20);
    expect(isActive(going)).toBe(true);
    const over = play(fakeEnd(), going);
    expect(over).toMatchObject({ phase: 'done', end: { status: 'finished' }, result: { bestEpoch: 3 } });
    expect(isActive(over)).toBe(false);
  });

  it('knows compiling, pauses, changes of the rate, and marks them', () => {
    const [start, ...rest] = fakeEvents({ epochs: 1, steps: 4 });
    const compile = {
      type: 'note',
      kind: 'compile',
      message: 'compiling kernel 3 of 9',
      progress: { done: 3, total: 9 },
    };
    let run = play([start as TrainEvent, compile as TrainEvent]);
    expect(run).toMatchObject({ phase: 'compiling', progress: { done: 3, total: 9 } });
    run = play(rest.slice(0, 2), run);
    expect(run).toMatchObject({ phase: 'training', progress: undefined });
    run = play([{ type: 'note', kind: 'pause', message: 'paused at step 2', step: 2 }], run);
    expect(run.phase).toBe('paused');
    run = play([{ type: 'note', kind: 'lr', message: '0.001 -> 0.0005', step: 2 }], run);
    run = play([{ type: 'note', kind: 'continue', message: 'went on', step: 2 }], run);
    expect(run.phase).toBe('training');
    expect(run.markers).toEqual([
      { x: 0.5, sign: '‖' },
      { x: 0.5, sign: '▼' },
    ]);
  });

  it('tells an error, and a run that only failed', () => {
    const run = play([
      ...fakeEvents({ epochs: 1, steps: 2 }),
      { type: 'error', message: 'training diverged: the loss of step 3 is NaN', exit: 6 },
      { type: 'end', status: 'failed', exit: 6 },
    ]);
    expect(run).toMatchObject({ phase: 'failed', error: { exit: 6 } });
    expect(run.happened.at(-2)).toMatchObject({ kind: 'bad', text: expect.stringContaining('NaN') });
  });

  it('goes on with a run: what lies beyond the checkpoint is forgotten, the time before counts', () => {
    const lost = loseRun(play(fakeEvents({ epochs: 2, steps: 10 })), 'SIGKILL', 99);
    expect(lost.phase).toBe('lost');
    const again = play([{ type: 'note', kind: 'resume', message: 'resumed', step: 15 }], reopened(lost, 100));
    expect(again).toMatchObject({ live: true, secondsBefore: 60 });
    expect(again.loss.whole.at(-1)?.x).toBe(1.5);
    expect(isActive(again)).toBe(true);
  });

  it('is silent after ten seconds without a sign of life', () => {
    const run = { ...play(fakeEvents({ epochs: 1 })), heard: 1000 };
    expect(silentSeconds(run, 10_000)).toBeUndefined();
    expect(silentSeconds(run, 12_000)).toBe(11);
    expect(silentSeconds(play(fakeEnd(), run), 99_000)).toBeUndefined();
  });

  it('a loss that is no number breaks nothing', () => {
    const events = fakeEvents({ epochs: 1, steps: 5 }).map((event) =>
      event.type === 'step' && event.step === 3 ? { ...event, loss: Number.NaN } : event,
    );
    expect(play(events).loss.whole).toHaveLength(4);
  });
});

describe('a curve', () => {
  it('keeps spikes, ends and a bounded number of points however long it gets', () => {
    const curve = new Curve();
    for (let i = 1; i <= 200_000; i++) curve.add(i, i === 77_777 ? 50 : 1);
    expect(curve.whole.length).toBeLessThan(1025);
    expect(curve.smooth.length).toBe(curve.whole.length);
    expect(Math.max(...curve.whole.map(({ high }) => high ?? 0))).toBe(50);
    expect(curve.whole.at(-1)?.x).toBeGreaterThan(199_000);
    expect(curve.recent).toHaveLength(512);
    expect(curve.recent.at(-1)).toEqual({ x: 200_000, y: 1 });
  });

  it('smooths by 0.9 of the old', () => {
    const curve = new Curve();
    for (const y of [1, 2, 2]) curve.add(1, y);
    expect(curve.smooth.map(({ y }) => y)).toEqual([1, expect.closeTo(1.1), expect.closeTo(1.19)]);
  });
});
