import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
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
});

describe('the outbox', () => {
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
