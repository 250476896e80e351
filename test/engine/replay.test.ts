import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { News } from '../../src/engine/engine.js';
import { Outbox } from '../../src/engine/outbox.js';
import type { Batch } from '../../src/engine/protocol.js';
import { ReplayEngine, type ReplayOptions } from '../../src/engine/replay.js';
import type { TrainEvent } from '../../src/train/events.js';
import { actionsOf } from '../../src/tui/actions.js';
import { follow, startRun } from '../../src/tui/live.js';
import { initialState } from '../../src/tui/main.js';
import { SCREENS } from '../../src/tui/screens/all.js';
import { Store } from '../../src/tui/store.js';
import { fakeEnd, fakeEvents } from '../helpers/events.js';

/** The app on a replay, with time standing still. */
function replayed(events: TrainEvent[], options: ReplayOptions = {}) {
  const engine = new ReplayEngine(events, options);
  const store = new Store(initialState({ cols: 80, rows: 24 }, { color: 'none', glyphs: 'unicode' }));
  let shown = 0;
  store.subscribe(() => {
    shown++;
  });
  const act = actionsOf({ store, screens: SCREENS, engine }, 'train');
  follow(act);
  startRun(act, {});
  return { engine, store, shown: () => shown };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a replayed log', () => {
  it('drives the screen from the start to the end', () => {
    const { store } = replayed([...fakeEvents(), ...fakeEnd()], { eventsPerSecond: 100 });
    vi.advanceTimersByTime(200);
    expect(store.state.run).toMatchObject({ phase: 'training', start: { run: 'r7' } });
    vi.advanceTimersByTime(2000);
    expect(store.state.run).toMatchObject({ phase: 'done' });
    expect(store.state.run?.epochs).toHaveLength(3);
    expect(store.state.note?.text).toBe('finished');
  });

  it('at 10,000 events a second is shown no more than 15 times a second', () => {
    const { store, shown } = replayed(fakeEvents({ epochs: 10, of: 10, steps: 2000 }), {
      eventsPerSecond: 10_000,
    });
    vi.advanceTimersByTime(2100);
    expect(store.state.run?.epochs).toHaveLength(10);
    expect(shown()).toBeLessThanOrEqual(2.1 * 15 + 2);
  });

  it('that stalls leaves the engine silent', () => {
    const { store } = replayed(fakeEvents(), { eventsPerSecond: 100, stallAt: 10 });
    vi.advanceTimersByTime(15_000);
    const { run } = store.state;
    expect(run?.phase).toBe('training');
    expect(Date.now() - (run?.heard ?? 0)).toBeGreaterThan(10_000);
  });

  it('whose engine is killed says so and offers to resume', () => {
    const { store } = replayed(fakeEvents(), { eventsPerSecond: 100, crashAt: 30 });
    vi.advanceTimersByTime(1000);
    expect(store.state.run?.phase).toBe('lost');
    expect(store.state.note).toMatchObject({ kind: 'bad', text: expect.stringContaining('SIGKILL') });
    expect(store.state.overlay).toMatchObject({ kind: 'question', choices: [{ key: 'R', label: 'resume' }] });
  });

  it('can be paused, stepped, steered and stopped', () => {
    const { store, engine } = replayed(fakeEvents(), { eventsPerSecond: 100 });
    vi.advanceTimersByTime(200);
    engine.send({ type: 'pause' });
    const at = store.state.run?.step?.step ?? 0;
    vi.advanceTimersByTime(500);
    expect(store.state.run).toMatchObject({ phase: 'paused', step: { step: at } });
    engine.send({ type: 'step' });
    expect(store.state.run?.step?.step).toBe(at + 1);
    engine.send({ type: 'lr', lr: 0.5 });
    engine.send({ type: 'continue' });
    engine.send({ type: 'stop', after: 'batch' });
    expect(store.state.run).toMatchObject({ phase: 'done', end: { status: 'stopped' } });
    expect(store.state.run?.markers.map(({ sign }) => sign)).toEqual(['‖', '▼']);
  });

  it('that was stopped while it was paused is not paused when it begins again', () => {
    const { store, engine } = replayed(fakeEvents(), { eventsPerSecond: 100 });
    vi.advanceTimersByTime(200);
    engine.send({ type: 'pause' });
    engine.send({ type: 'stop', after: 'batch' });
    engine.send({ type: 'train', settings: {} });
    vi.advanceTimersByTime(200);
    expect(store.state.run?.phase).toBe('training');
  });
});

describe('the replay of a log', () => {
  /** What an engine tells, beside its heartbeats. */
  function heard(options: ReplayOptions = {}, count = 40) {
    const events = Array.from(
      { length: count },
      (_, i): TrainEvent => ({ type: 'note', kind: 'lr', message: `${i}` }),
    );
    const engine = new ReplayEngine(events, options);
    const news: News[] = [];
    const leave = engine.listen((item) => news.push(item));
    const notes = () =>
      news.flatMap((n) => (n.type === 'train' && n.event.type === 'note' ? [n.event.message] : []));
    const beats = () => news.filter(({ type }) => type === 'heartbeat').length;
    return { engine, news, notes, beats, leave };
  }
  const upTo = (n: number) => Array.from({ length: n }, (_, i) => `${i}`);

  it('tells 20 events a second in order, then ends by itself', () => {
    const { engine, notes, beats } = heard();
    expect(vi.getTimerCount()).toBe(0);
    engine.begin();
    engine.begin();
    vi.advanceTimersByTime(1000);
    expect([notes(), beats(), engine.done]).toEqual([upTo(20), 20, false]);
    vi.advanceTimersByTime(5000);
    expect([notes(), engine.done, vi.getTimerCount()]).toEqual([upTo(40), true, 0]);
  });

  it('keeps fractions of events, so that slow replays are not slower', () => {
    const { engine, notes } = heard({ eventsPerSecond: 7 });
    engine.begin();
    vi.advanceTimersByTime(3050);
    expect(notes()).toEqual(upTo(21));
  });

  it('stalls before an event, without a heartbeat, and crashes before one', () => {
    const stalled = heard({ eventsPerSecond: 100, stallAt: 7 });
    stalled.engine.begin();
    vi.advanceTimersByTime(1000);
    expect([stalled.notes(), stalled.beats()]).toEqual([upTo(7), 2]);
    void stalled.engine.close();
    const crashed = heard({ crashAt: 3 });
    crashed.engine.begin();
    vi.advanceTimersByTime(1000);
    expect(crashed.notes()).toEqual(upTo(3));
    expect(crashed.news.at(-1)).toEqual({ type: 'exit', code: null, signal: 'SIGKILL' });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is alive while it is paused, and starts anew with a training', () => {
    const { engine, notes, beats, news } = heard();
    engine.send({ type: 'train', settings: {} });
    vi.advanceTimersByTime(100);
    engine.send({ type: 'pause' });
    vi.advanceTimersByTime(100);
    expect([notes(), beats()]).toEqual([['0', '1', 'paused'], 4]);
    engine.send({ type: 'step' });
    engine.send({ type: 'lr', lr: 0.5 });
    engine.send({ type: 'checkpoint' });
    engine.send({ type: 'continue' });
    vi.advanceTimersByTime(50);
    expect(notes().slice(3)).toEqual(['2', 'learning rate 0.5', 'continued', '3']);
    engine.send({ type: 'resume', path: '' });
    vi.advanceTimersByTime(50);
    expect(notes().at(-1)).toBe('0');
    engine.send({ type: 'stop', after: 'epoch' });
    expect(news.at(-1)).toEqual({ type: 'train', event: { type: 'end', status: 'stopped', exit: 0 } });
    expect(engine.done).toBe(true);
  });

  it('tells nothing to a listener that left, nor after it was closed or let go', async () => {
    const { engine, news, leave } = heard();
    engine.begin();
    leave();
    vi.advanceTimersByTime(100);
    expect(news).toEqual([]);
    await engine.close();
    engine.begin();
    engine.release();
    expect(vi.getTimerCount()).toBe(0);
    await expect(engine.request()).rejects.toThrow('not available in a replay');
  });
});

describe('the outbox', () => {
  it('keeps the order, and posts 50 ms after the first message, whatever follows', () => {
    const posted: Batch[] = [];
    const outbox = new Outbox((batch) => posted.push(batch));
    const reply = (id: number) => ({ type: 'reply', id, value: undefined }) as const;
    outbox.send(reply(1));
    vi.advanceTimersByTime(49);
    outbox.send(reply(2));
    expect(posted).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(posted).toEqual([{ seq: 0, messages: [reply(1), reply(2)] }]);
    outbox.send(reply(3));
    outbox.flush();
    vi.advanceTimersByTime(30);
    outbox.send(reply(4));
    vi.advanceTimersByTime(20); // the timer of the third message has ended with the flush
    expect(posted).toHaveLength(2);
    vi.advanceTimersByTime(30);
    expect(posted.slice(1)).toEqual([
      { seq: 1, messages: [reply(3)] },
      { seq: 2, messages: [reply(4)] },
    ]);
  });

  it('posts numbered batches, at most one every 50 ms', () => {
    const posted: Batch[] = [];
    const outbox = new Outbox((batch) => posted.push(batch));
    for (let i = 0; i < 100; i++) outbox.send({ type: 'heartbeat' });
    expect(posted).toHaveLength(0);
    vi.advanceTimersByTime(50);
    outbox.send({ type: 'heartbeat' });
    outbox.flush();
    outbox.flush();
    expect(posted.map(({ seq, messages }) => [seq, messages.length])).toEqual([
      [0, 100],
      [1, 1],
    ]);
  });
});

it('of a file takes the log of a run or its folder, and says what is wrong with anything else', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fer-tui-replay-'));
  const log = join(folder, 'events.ndjson');
  expect(() => ReplayEngine.ofFile(join(folder, 'none'))).toThrow(
    'none: there is no such file; expected the log of a run',
  );
  expect(() => ReplayEngine.ofFile(folder)).toThrow('no run is in this folder; expected the log of a run');
  writeFileSync(log, 'nonsense\n');
  expect(() => ReplayEngine.ofFile(log)).toThrow(`${log}:1: not an event of a run`);
  writeFileSync(log, [...fakeEvents(), ...fakeEnd()].map((event) => `${JSON.stringify(event)}\n`).join(''));
  for (const path of [log, folder]) {
    const engine = ReplayEngine.ofFile(path, { eventsPerSecond: 1e6 });
    const told: string[] = [];
    engine.listen((news) => void (news.type === 'train' && told.push(news.event.type)));
    engine.begin();
    vi.advanceTimersByTime(200);
    expect([told[0], told.at(-1)]).toEqual(['start', 'end']);
  }
});
