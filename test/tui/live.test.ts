import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { Engine, News } from '../../src/engine/engine.js';
import type { StartEvent, TrainEvent } from '../../src/train/events.js';
import { actionsOf } from '../../src/tui/actions.js';
import type { AppState } from '../../src/tui/app_state.js';
import { follow, resumeRun, showRun, startRun, takeApart } from '../../src/tui/live.js';
import { initialState } from '../../src/tui/main.js';
import { applyEvent, beginRun, type RunState } from '../../src/tui/run_state.js';
import { SCREENS } from '../../src/tui/screens/all.js';
import { askToStop } from '../../src/tui/steer.js';
import { Store } from '../../src/tui/store.js';
import { fakeEnd, fakeEvents } from '../helpers/events.js';
import { COLOUR, renderAt, toldEngine } from '../helpers/render_at.js';

it('offers a run that diverged a tenth of its learning rate, then and later', () => {
  const path = mkdtempSync(join(tmpdir(), 'fer-tui-diverged-'));
  const [start, ...rest] = fakeEvents() as [StartEvent, ...TrainEvent[]];
  const events: TrainEvent[] = [{ ...start, path }, ...rest];
  writeFileSync(join(path, 'events.ndjson'), events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  const { engine, sent, tell } = toldEngine();
  const at = renderAt(100, 30, COLOUR, { screen: 'train', engine });
  follow(actionsOf(at.program, 'train'));
  const diverge: TrainEvent[] = [
    { type: 'error', message: 'training diverged: the loss of step 61 is NaN', exit: 6 },
    { type: 'end', status: 'failed', exit: 6 },
  ];
  for (const event of [...events, ...diverge]) tell({ type: 'train', event });
  at.flush();
  expect(at.text()).toContain('the loss of step 61 is NaN');
  expect(at.text()).toContain('resume with a learning rate of 0.0001');
  at.press('escape');
  at.press('R');
  expect(at.text()).toContain('resume with a learning rate of 0.0001');
  expect(sent).toEqual([]);
  at.press('R');
  expect(sent).toEqual([{ type: 'resume', path, changes: { lr: 0.0001 } }]);
  for (const event of diverge) tell({ type: 'train', event });
  at.flush();
  expect(at.text()).toContain('resume with a learning rate of 0.00001');
  at.unmount();
});

/** The train screen on an engine that records what is sent, and tells what the test says. */
function steering(run?: RunState) {
  const { engine: told, sent, tell } = toldEngine();
  const kill = vi.fn();
  const engine: Engine = { ...told, kill, log: 'engine.log' };
  const store = new Store<AppState>({ ...initialState({ cols: 100, rows: 30 }, COLOUR), run });
  const act = actionsOf({ store, screens: SCREENS, engine }, 'train');
  const stop = follow(act);
  const app = (): AppState => store.state;
  const choose = (key: string): void => {
    const { overlay } = app();
    if (overlay?.kind !== 'question') throw new Error('no question');
    overlay.choices.find((choice) => choice.key === key)?.run();
  };
  return { sent, kill, act, stop, tell, app, choose };
}

const played = (events: readonly TrainEvent[], run = beginRun(0)): RunState =>
  events.reduce((state, event) => applyEvent(state, event, 0), run);

/** Writes the log of a run and returns its folder. */
function logged(events: readonly TrainEvent[]): string {
  const path = mkdtempSync(join(tmpdir(), 'fer-tui-live-'));
  writeFileSync(join(path, 'events.ndjson'), events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  return path;
}

describe('news of the engine', () => {
  it('of training goes into the run, the newest line into the note', () => {
    const { tell, app, stop } = steering(beginRun(0, false));
    const [start, step] = fakeEvents() as [TrainEvent, TrainEvent];
    tell({ type: 'train', event: start });
    expect(app().run).toMatchObject({ live: true, start: { run: 'r7' } }); // not the run of the disk
    expect(app().note).toEqual({ text: 'fer-cnn on drawn faces', kind: 'info' });
    app().run?.loss.add(0, 1);
    const { run } = app();
    tell({ type: 'train', event: step });
    expect(app().run?.loss).toBe(run?.loss); // the same run, further on
    stop();
    tell({ type: 'train', event: { type: 'error', message: 'late', exit: 1 } });
    expect(app().run?.error).toBeUndefined();
  });

  it('without a new line leaves the note alone', () => {
    const { tell, app, act } = steering(played(fakeEvents({ epochs: 1 })));
    act.note('mine');
    tell({ type: 'train', event: fakeEvents()[1] as TrainEvent });
    expect(app().note?.text).toBe('mine');
  });

  it('of loading is progress of the run, and a sign of life, as is a heartbeat of an active run', () => {
    const { tell, app } = steering(beginRun(0));
    tell({ type: 'loading', done: 1, total: 4, unit: 'images' });
    expect(app().run?.progress).toMatchObject({ text: 'reading images', done: 1, total: 4 });
    expect(app().run?.heard).toBeGreaterThan(0);
    for (const live of [true, false]) {
      const other = steering(beginRun(0, live));
      const load = { cpu: 0.5, memory: 1, of: 2 };
      other.tell({ type: 'heartbeat', load });
      expect(other.app().run?.load).toEqual(live ? load : undefined);
      expect((other.app().run?.heard ?? 0) > 0).toBe(live);
    }
  });

  it('of its end loses an active run, and offers to resume it', () => {
    const path = logged(fakeEvents({ epochs: 1 }));
    const [start, ...rest] = fakeEvents({ epochs: 1 }) as [StartEvent, ...TrainEvent[]];
    const { tell, app, choose, sent } = steering(played([{ ...start, path }, ...rest]));
    tell({ type: 'exit', code: null, signal: 'SIGKILL' } as News);
    expect(app().run?.phase).toBe('lost');
    expect(app().note).toEqual({ text: 'the engine ended: SIGKILL · log: engine.log', kind: 'bad' });
    choose('R');
    expect(sent).toEqual([{ type: 'resume', path, changes: {} }]);
    expect(app()).toMatchObject({ screen: 'train', run: { phase: 'starting', live: true } });
  });

  it('of its end names the exit code, and means nothing to a run that is over', () => {
    const early = steering(beginRun(0));
    early.tell({ type: 'exit', code: 3 } as News);
    expect(early.app().note?.text).toContain('the engine ended: exit code 3');
    expect(early.app().overlay).toBeUndefined(); // there is nothing to resume yet
    const over = steering(played([{ type: 'end', status: 'finished', exit: 0 }]));
    over.tell({ type: 'exit', code: 3 } as News);
    expect(over.app().run?.phase).toBe('done');
  });
});

describe('a run from the interface', () => {
  it('begins with the settings and shows Train', () => {
    const { act, sent, app } = steering();
    act.note('an older note');
    startRun(act, { epochs: 3 });
    expect(sent).toEqual([{ type: 'train', settings: { epochs: 3 } }]);
    expect(app()).toMatchObject({ screen: 'train', note: undefined, run: { phase: 'starting', live: true } });
    expect(app().workspace.settings).toEqual({ epochs: 3 }); // the form has them again
  });

  it('is taken apart from where it is paused, once it has saved a checkpoint; one that is over at once', () => {
    const run = played(fakeEvents({ epochs: 1, steps: 20 }).slice(0, -1));
    const path = run.start?.path;
    const { act, sent, tell, app } = steering({ ...run, phase: 'paused' });
    takeApart(act, { ...run, phase: 'paused' });
    expect([sent, app().screen]).toEqual([[{ type: 'checkpoint' }], 'home']);
    const note = (kind: 'lr' | 'checkpoint') =>
      tell({ type: 'train', event: { type: 'note', kind, message: 'x' } });
    note('lr');
    expect(app().screen).toBe('home');
    note('checkpoint');
    expect(app()).toMatchObject({ screen: 'learn', screens: { learn: { request: { model: path } } } });
    act.go('runs');
    note('checkpoint'); // a later one
    expect(app().screen).toBe('runs');
    const over = steering();
    takeApart(over.act, played([...fakeEvents({ epochs: 1 }), { type: 'end', status: 'finished', exit: 0 }]));
    expect([over.sent, over.app().screen]).toEqual([[], 'learn']);
    const none = steering();
    takeApart(none.act, beginRun(0));
    expect([none.sent, none.app().screen]).toEqual([[], 'home']);
  });

  it('does not begin or resume while another goes on', () => {
    const { act, sent, app } = steering(beginRun(0));
    startRun(act, {});
    expect(app().note).toEqual({ text: 'a training is in progress: stop it with x', kind: 'bad' });
    resumeRun(act, 'nowhere');
    expect(app().note?.text).toBe('a training is in progress: stop it with x first');
    expect([sent, app().screen]).toEqual([[], 'home']);
  });

  it('resumes with its own rate or another; says why it cannot', () => {
    const path = logged(fakeEvents({ epochs: 1 }));
    const own = steering();
    resumeRun(own.act, path);
    expect(own.app().run?.rate).toBe(0.001);
    const other = steering();
    resumeRun(other.act, path, { lr: 0.5 });
    expect([other.app().run?.rate, other.sent]).toEqual([
      0.5,
      [{ type: 'resume', path, changes: { lr: 0.5 } }],
    ]);
    const none = steering();
    resumeRun(none.act, '/nowhere');
    expect([none.app().note?.kind, none.sent, none.app().screen]).toEqual(['bad', [], 'home']);
  });

  it('stops after the epoch, now, or by killing the engine', () => {
    const run = played(fakeEvents({ epochs: 1, steps: 20 }).slice(0, -1));
    const { act, sent, kill, choose, app } = steering(run);
    askToStop(act, run);
    choose('e');
    choose('s');
    expect(sent).toEqual([
      { type: 'stop', after: 'epoch' },
      { type: 'stop', after: 'batch' },
    ]);
    choose('k');
    expect(kill).toHaveBeenCalledOnce();
    const { overlay, run: killed } = app();
    expect(killed?.killed).toBe(true); // so its end is no failure
    // 60 s at 200 images/s in batches of 28 are 429 steps, more than the 20 of the epoch so far.
    expect(overlay?.kind === 'question' && overlay.choices[2]?.label).toContain('at most 20 steps are lost');
  });

  it('says what killing costs: the steps since the last checkpoint', () => {
    const cost = (change: object, config: object = {}): string => {
      const [start, step] = fakeEvents() as [StartEvent, TrainEvent];
      const run = played([
        { ...start, config: { ...start.config, ...config } },
        { ...step, stepInEpoch: 5000, of: 9000, ...change } as TrainEvent,
      ]);
      const { act, app } = steering(run);
      askToStop(act, run);
      const { overlay } = app();
      return (overlay?.kind === 'question' && overlay.choices[2]?.label) || '';
    };
    expect(cost({})).toBe('kill the engine: at most 429 steps are lost'); // ceil(60 * 200 / 28)
    expect(cost({}, { checkpointSeconds: 7 })).toContain('at most 50 steps');
    expect(cost({}, { batch: 4 })).toContain('at most 3,000 steps');
    expect(cost({ imgPerS: 0 })).toContain('at most 5,000 steps');
    const { act, app } = steering();
    askToStop(act, beginRun(0));
    expect(JSON.stringify(app().overlay)).toContain('nothing was trained yet');
  });
});

it.each(['opened', 'resumed'])('a run that is %s is shown, also where the form of a new run was', (how) => {
  const path = logged([...fakeEvents(), ...fakeEnd()]);
  const { act, app, stop } = steering();
  act.setApp({ screens: { train: { form: true, selected: 3 } } });
  if (how === 'opened') showRun(act, path);
  else resumeRun(act, path, { epochs: 9 });
  expect(app().screens.train).toMatchObject({ form: false, selected: 3 });
  stop();
});
