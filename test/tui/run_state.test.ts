import { describe, expect, it } from 'vitest';
import type { TrainEvent } from '../../src/train/events.js';
import { Curve } from '../../src/tui/curve.js';
import { suspendedWords } from '../../src/tui/main.js';
import { applyEvent, beginRun, isActive, loseRun, type RunState, reopened } from '../../src/tui/run_state.js';
import { clock, rateOf, secondsOf, silentSeconds } from '../../src/tui/run_words.js';
import { axisOf } from '../../src/tui/screens/train_charts.js';
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
    expect(run.events.at(-2)).toMatchObject({ kind: 'bad', text: expect.stringContaining('NaN') });
  });

  it('goes on with a run: what lies beyond the checkpoint is forgotten, the time before counts', () => {
    const events = fakeEvents({ epochs: 2, steps: 10 }).map((event) =>
      event.type === 'step' ? { ...event, gradientNorm: 1 } : event,
    );
    const lost = loseRun(play(events), 'SIGKILL', 99);
    expect(lost.phase).toBe('lost');
    const again = play([{ type: 'note', kind: 'resume', message: 'resumed', step: 15 }], reopened(lost, 100));
    expect(again).toMatchObject({ live: true });
    for (const name of ['loss', 'acc', 'rates', 'speed', 'norms'] as const)
      expect(again[name].whole.at(-1)?.x, name).toBe(1.5);
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

describe('what happened in a run', () => {
  const [start, ...rest] = fakeEvents({ epochs: 2, steps: 4 }) as [TrainEvent, ...TrainEvent[]];
  const note = (kind: string, step?: number): TrainEvent =>
    ({ type: 'note', kind, message: `told ${kind}`, ...(step !== undefined && { step }) }) as TrainEvent;

  it('has a sign, a text and a kind for each event', () => {
    const numbers = { loss: 1, acc: 0.456, recall: [] };
    const run = play([
      start,
      ...rest,
      { type: 'validation', step: 6, epoch: 2, val: numbers, seconds: 1 },
      { type: 'error', message: 'no', exit: 1 },
      { type: 'end', status: 'failed', exit: 1 },
    ]);
    expect(run.events.map(({ sign, text, kind }) => [sign, text, kind])).toEqual([
      ['●', 'fer-cnn on drawn faces', 'info'],
      ['✓', 'epoch 1: loss 2.000, val 15.0 % (best so far, saved)', 'good'],
      ['●', 'epoch 2: loss 1.000, val 30.0 %', 'info'],
      ['✓', 'validated: 45.6 %', 'info'],
      ['✗', 'no', 'bad'],
      ['✗', 'failed', 'bad'],
    ]);
    expect(run.validation).toEqual({ numbers, at: 1.5 });
    expect(play([{ type: 'end', status: 'stopped', exit: 0 }]).events.at(-1)).toMatchObject({
      ...{ sign: '✓', text: 'stopped', kind: 'good' },
    });
  });

  it('knows its time: now, or that of the log, where it has one', () => {
    const epoch = rest.find(({ type }) => type === 'epoch') as TrainEvent;
    expect(applyEvent(beginRun(0), epoch, 7)).toMatchObject({ heard: 7, events: [{ at: 7 }] });
    const back = applyEvent(beginRun(5), epoch, undefined);
    expect(back).toMatchObject({ heard: 5, events: [{ at: Date.parse('2026-11-23T10:01:00Z') }] });
    expect(applyEvent(beginRun(5), start, undefined).events).toMatchObject([{ at: undefined }]);
  });

  it('is kept for the latest two hundred lines', () => {
    const many = Array.from(
      { length: 205 },
      (_, i) => ({ ...note('data'), message: String(i) }) as TrainEvent,
    );
    const { events } = play(many);
    expect([events.length, events[0]?.text, events.at(-1)?.text]).toEqual([200, '5', '204']);
  });

  it('changes the phase by what is told, and marks rates and pauses alone', () => {
    let run = play([start, ...rest.slice(0, 3)]);
    const phases = ['pause', 'checkpoint', 'continue', 'lr', 'stopping', 'resume'].map((kind) => {
      run = play([note(kind)], run);
      return run.phase;
    });
    expect(phases).toEqual(['paused', 'paused', 'training', 'training', 'stopping', 'stopping']);
    expect(run.markers).toEqual([
      { x: 0.75, sign: '‖' }, // without a step of its own: at the last one
      { x: 0.75, sign: '▼' },
    ]);
    expect(
      run.events
        .slice(-6)
        .map(({ sign }) => sign)
        .join(''),
    ).toBe('‖●▸▼●↺');
  });

  it('a step ends compiling, but neither a pause nor a stop', () => {
    const compiling = { ...note('compile'), progress: { done: 1, total: 2 } } as TrainEvent;
    const step = rest[0] as TrainEvent;
    expect(play([compiling, { type: 'end', status: 'stopped', exit: 0 }]).progress).toBeUndefined();
    expect(play([start, compiling]).progress).toMatchObject({ text: 'told compile', done: 1, total: 2 });
    expect(play([start, compiling, step])).toMatchObject({
      phase: 'training',
      progress: undefined,
      rate: 0.001,
    });
    expect(play([start, step, note('pause'), step]).phase).toBe('paused');
    expect(play([start, step, note('stopping'), step]).phase).toBe('stopping');
    expect(play([start, step, compiling]).phase).toBe('training');
  });

  it('an epoch that is told again replaces it and those after it', () => {
    const run = play([start, ...rest]);
    const again = rest.find(({ type }) => type === 'epoch') as TrainEvent;
    expect(play([again], run).epochs.map(({ epoch }) => epoch)).toEqual([1]);
    expect(run.acc.whole.map(({ x, y }) => [x, y])[5]).toEqual([1.5, 0.06]);
    const { val: _, ...bare } = again as Extract<TrainEvent, { type: 'epoch' }>;
    expect(play([bare], run).validation).toBe(run.validation);
    expect(play([bare]).events[0]?.text).toBe('epoch 1: loss 2.000 (best so far, saved)');
  });

  it('a run is taken up again without its end; only a live run is active', () => {
    const over = play([...fakeEnd(), { type: 'error', message: 'x', exit: 1 }], play([start, ...rest]));
    expect(reopened(over, 9)).toMatchObject({
      ...{ phase: 'starting', begun: 9, heard: 9, result: undefined, error: undefined, end: undefined },
    });
    expect([isActive(beginRun(0)), isActive(beginRun(0, false)), isActive(undefined)]).toEqual([
      true,
      false,
      false,
    ]);
    expect(loseRun(beginRun(0), 'SIGKILL', 3)).toMatchObject({
      ...{ phase: 'lost', events: [{ at: 3, text: 'the engine ended: SIGKILL', kind: 'bad' }] },
    });
    const failed = play([{ type: 'end', status: 'failed', exit: 1 }]);
    expect([isActive(failed), isActive(loseRun(beginRun(0), '', 0))]).toEqual([false, false]);
  });
});

describe('a curve', () => {
  it('merges pairs into their mean, their ends and the later place once it has 1024 points', () => {
    const curve = new Curve();
    const odd: Record<number, number> = { 3: 5, 8: -1 };
    for (let i = 1; i <= 1024; i++) curve.add(i, odd[i] ?? (i % 2 === 0 ? 3 : 1));
    expect(curve.whole).toHaveLength(512);
    expect(curve.whole[0]).toMatchObject({ x: 2, y: 2, low: 1, high: 3 });
    expect(curve.whole[1]).toMatchObject({ x: 4, y: 4, low: 3, high: 5 });
    expect(curve.whole[3]).toMatchObject({ x: 8, y: 0, low: -1, high: 1 });
    expect(curve.smoothed(0.9)[0]).toEqual({ x: 2, y: 2 });
    curve.add(1025, 7);
    expect(curve.whole).toHaveLength(512); // half a piece
    curve.add(1026, 1);
    expect(curve.whole.at(-1)).toMatchObject({ x: 1026, y: 4, low: 1, high: 7 });
  });

  it('does not merge before', () => {
    const curve = new Curve();
    for (let i = 1; i <= 1023; i++) curve.add(i, 1);
    expect(curve.whole).toHaveLength(1023);
    expect(curve.recent.map(({ x }) => x)).toEqual(Array.from({ length: 512 }, (_, i) => 512 + i));
  });

  it('cut at a place keeps that place, and smooths on from there', () => {
    const curve = new Curve();
    for (const [x, y] of [1, 1, 9, 9].entries()) curve.add(x, y);
    curve.cutAfter(1);
    for (const points of [curve.whole, curve.recent, curve.smoothed(0.9)])
      expect(points.map(({ x }) => x)).toEqual([0, 1]);
    curve.add(2, 2);
    // (0.081 + 0.09 + 0.1 * 2) / (1 - 0.9 ** 3)
    expect(curve.smoothed(0.9).at(-1)?.y).toBeCloseTo(0.371 / 0.271, 12);
    curve.add(3, Number.NaN);
    expect([curve.recent.length, curve.whole.length]).toEqual([4, 3]);
  });

  it('forgets half a piece when it is cut', () => {
    const curve = new Curve();
    for (let i = 1; i <= 1025; i++) curve.add(i, i === 1025 ? 99 : 1);
    curve.cutAfter(1024);
    curve.add(1025, 1);
    curve.add(1026, 1);
    expect(curve.whole.at(-1)).toMatchObject({ x: 1026, y: 1, low: 1, high: 1 });
  });

  it('keeps spikes, ends and a bounded number of points however long it gets', () => {
    const curve = new Curve();
    for (let i = 1; i <= 200_000; i++) curve.add(i, i === 77_777 ? 50 : 1);
    expect(curve.whole.length).toBeLessThan(1025);
    expect(curve.smoothed(0.9).length - curve.whole.length).toBeLessThan(2);
    expect(Math.max(...curve.whole.map(({ high }) => high ?? 0))).toBe(50);
    expect(curve.whole.at(-1)?.x).toBeGreaterThan(199_000);
    expect(curve.recent).toHaveLength(512);
    expect(curve.recent.at(-1)).toEqual({ x: 200_000, y: 1 });
  });

  it('smooths as TensorBoard does, without a bias to its beginning, with any weight', () => {
    const curve = new Curve();
    for (const y of [4, 2, 2]) curve.add(1, y);
    const shown = (weight: number): number[] => curve.smoothed(weight).map(({ y }) => y);
    // Sums 0.1 * 4, 0.9 * 0.4 + 0.1 * 2, 0.9 * 0.56 + 0.1 * 2, divided by 0.1, 0.19, 0.271.
    const debiased = [4, 0.56 / 0.19, 0.704 / 0.271].map((y) => expect.closeTo(y, 10));
    expect(shown(0.9)).toEqual(debiased);
    expect(shown(0)).toEqual([4, 2, 2]);
    expect(shown(0.9)).toEqual(debiased);
    const long = new Curve();
    for (let i = 0; i < 5000; i++) long.add(i, i < 4000 ? 9 : 2);
    expect(long.smoothed(0.9).at(-1)?.y).toBeCloseTo(2, 6); // merged pieces weigh as many points
  });
});

describe('what is shown of a run', () => {
  const [start, ...rest] = fakeEvents({ epochs: 2, steps: 10 });
  const steps = rest.filter(({ type }) => type === 'step');

  it('has the rate that a key asked for at once, until training has it', () => {
    const run = play([start as TrainEvent, ...steps.slice(0, 2)]);
    expect(rateOf(run)).toBe(0.001);
    const asked = { ...run, requestedRate: 0.000125 };
    expect(rateOf(asked)).toBe(0.000125);
    const told = (lr: number): TrainEvent => ({ type: 'note', kind: 'lr', message: '', lr });
    const third = play([told(0.0005), steps[2] as TrainEvent, told(0.00025)], asked);
    expect(rateOf(third)).toBe(0.000125);
    const there = play([told(0.000125)], third);
    expect(there).toMatchObject({ requestedRate: undefined, rate: 0.000125 });
  });

  it('has validations between those of the epochs, until the run is taken up before them', () => {
    const val = { loss: 2, acc: 0.3, recall: [] };
    const validation = { type: 'validation', step: 15, epoch: 2, val, seconds: 1 } as TrainEvent;
    const run = play([...rest, validation], play([start as TrainEvent]));
    expect(run.asides).toEqual([{ numbers: val, at: 1.5 }]);
    expect(play([{ type: 'note', kind: 'resume', message: '', step: 10 }], run).asides).toEqual([]);
  });

  it('counts seconds of training alone, the same live and from the log', () => {
    const half = [start as TrainEvent, ...rest.filter((e) => e.type !== 'epoch' || e.epoch === 1)];
    const slow = half.reduce((run, event, i) => applyEvent(run, event, i * 60_000), beginRun(0));
    const read = half.reduce((run, event) => applyEvent(run, event, undefined), beginRun(0, false));
    expect(secondsOf(slow)).toBe(secondsOf(read));
    expect(secondsOf(slow)).toBeGreaterThan(0);
    expect(secondsOf(play(fakeEnd(), slow))).toBe(90);
  });

  it('has the time of the training clock, which goes on where a resumed run does', () => {
    const [firstEpoch] = rest.filter(({ type }) => type === 'epoch');
    const at = (event: TrainEvent | undefined, elapsedS: number): TrainEvent =>
      ({ ...event, elapsedS }) as TrainEvent;
    const shown = (run: RunState): string => clock(secondsOf(run));
    // Each step is told to take 1.4 seconds, and the epoch 30; saving and compiling take longer.
    const one = play(
      [at(steps[3], 20), at(firstEpoch, 100), at(steps[12], 117)],
      play([start as TrainEvent]),
    );
    expect(shown(one)).toBe('1:57');
    const resume: TrainEvent = { type: 'note', kind: 'resume', message: '', step: 10, elapsedS: 100 };
    const two = play([start as TrainEvent, resume], one);
    expect(shown(two)).toBe('1:40');
    expect(axisOf(two, 'time').of(1)).toBe(100);
    const [result, end] = fakeEnd();
    const three = play(
      [at(steps[12], 118), { ...result, seconds: 121 } as TrainEvent, end as TrainEvent],
      two,
    );
    expect(shown(three)).toBe('2:01');
    expect(shown(play([start as TrainEvent], three))).toBe('2:01');
  });

  it('has all steps of a complete epoch, though not each of them is reported', () => {
    const seldom = rest.filter((e) => e.type !== 'step' || e.stepInEpoch < 9);
    const run = play([start as TrainEvent, ...seldom]);
    expect(run.step).toMatchObject({ epoch: 2, stepInEpoch: 10, step: 20 });
    const never = rest.filter((e) => e.type !== 'step' || e.step === 4); // none in the second epoch
    const pause: TrainEvent = { type: 'note', kind: 'pause', message: 'paused', step: 17 };
    const [firstEpoch, secondEpoch] = never.filter(({ type }) => type === 'epoch') as TrainEvent[];
    const whole = play([start as TrainEvent, never[0], firstEpoch, secondEpoch] as TrainEvent[]);
    expect(whole.step).toMatchObject({ epoch: 2, stepInEpoch: 10, step: 20 });
    const paused = play([start as TrainEvent, never[0], firstEpoch, pause] as TrainEvent[]);
    expect(paused.step).toMatchObject({ epoch: 2, stepInEpoch: 7, step: 17, loss: whole.step?.loss });
  });

  it('times an activity from its own beginning', () => {
    const at = (done: number, now: number, run: RunState): RunState =>
      applyEvent(
        run,
        { type: 'note', kind: 'validate', message: `${done}`, progress: { done, total: 9 } },
        now,
      );
    const run = at(2, 7000, at(1, 5000, play([start as TrainEvent])));
    expect(run.progress).toMatchObject({ done: 2, since: 5000 });
  });

  it('tells a kill by the user from a crash', () => {
    const going = play([start as TrainEvent]);
    expect(loseRun({ ...going, killed: true }, 'SIGKILL', 1).events.at(-1)?.text).toBe(
      'you killed the engine',
    );
    expect(reopened({ ...going, killed: true }, 2).killed).toBe(false);
    expect(suspendedWords(going)).toContain('r7 continues training while the screen is suspended');
    expect(suspendedWords({ ...going, phase: 'paused' })).toBe('');
    expect(suspendedWords(undefined)).toBe('');
  });
});
