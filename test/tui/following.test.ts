import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommandFile } from '../../src/train/command_file.js';
import type { StartEvent, TrainEvent } from '../../src/train/events.js';
import { LogTail } from '../../src/train/log_tail.js';
import type { Steering } from '../../src/train/steering.js';
import { actionsOf } from '../../src/tui/actions.js';
import { readOn, showRun } from '../../src/tui/live.js';
import { applyEvent, beginRun } from '../../src/tui/run_state.js';
import { Hold } from '../../src/util/hold.js';
import { fakeEnd, fakeEvents } from '../helpers/events.js';
import { eventually } from '../helpers/patience.js';
import { COLOUR, renderAt, SILENT_ENGINE } from '../helpers/render_at.js';

let path = '';
let log = '';
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'fer-tui-following-'));
  log = join(path, 'events.ndjson');
});
afterEach(() => rmSync(path, { recursive: true }));

const line = (event: TrainEvent): string => `${JSON.stringify(event)}\n`;
const write = (events: readonly TrainEvent[]): void => appendFileSync(log, events.map(line).join(''));
const EVENTS = fakeEvents();
/** The first epoch with its start, and the rest. */
const [FIRST, REST] = [EVENTS.slice(0, 22), EVENTS.slice(22)];

describe('the tail of a log', () => {
  it('has each event once, when its line is complete', () => {
    const tail = new LogTail(log);
    expect(tail.read()).toEqual([]);
    const [a = '', b = ''] = EVENTS.slice(1, 3).map(line);
    writeFileSync(log, a + b.slice(0, 20));
    expect(tail.read()).toEqual([EVENTS[1]]);
    expect(tail.read()).toEqual([]);
    appendFileSync(log, b.slice(20));
    expect(tail.read()).toEqual([EVENTS[2]]);
  });

  it('leaves lines out that are no events', () => {
    writeFileSync(log, `nonsense\n${line(EVENTS[1] as TrainEvent)}`);
    expect(new LogTail(log).read()).toEqual([EVENTS[1]]);
  });
});

describe.each([
  [100, 30],
  [60, 20],
])('a run that another process trains, at %i x %i', (cols, rows) => {
  const open = () => {
    const at = renderAt(cols, rows, COLOUR, { screen: 'runs' });
    const act = actionsOf(at.program, 'runs');
    const read = (): void => {
      readOn(act);
      at.flush();
    };
    return { at, act, read };
  };

  it('is followed on Train until it ends', () => {
    const hold = new Hold(join(path, 'lock'));
    write(FIRST);
    const { at, act, read } = open();
    showRun(act, path);
    at.flush();
    expect(at.text()).toContain(`TRAINING ELSEWHERE${cols > 60 ? ' ep 1/5' : ''}`);
    expect(at.text()).toContain('another process trains this run: keys steer it, q leaves it');
    expect(at.text()).not.toContain('R resume, extend');
    write(REST);
    read();
    expect(at.text()).toContain(`TRAINING ELSEWHERE${cols > 60 ? ' ep 3/5' : ''}`);
    expect(at.text()).toContain('ETA 1:40');
    expect(at.text()).toContain('epoch 3: loss 0.667');
    write(fakeEnd());
    read();
    expect(at.text()).not.toContain('ELSEWHERE');
    expect(at.text()).toContain('FINISHED');
    expect(at.program.store.state.run?.tail).toBeUndefined();
    hold.release();
    at.unmount();
  });

  it('is steered by the same keys, through a file; quitting and killing are not its end', async () => {
    const hold = new Hold(join(path, 'lock'));
    write(FIRST);
    const taken: Steering[] = [];
    const { at, act } = open();
    showRun(act, path);
    at.flush();
    expect(at.text()).toContain('space pause');
    at.press('space');
    expect(at.text()).toContain('no commands are taken');
    const file = new CommandFile(path, (command) => void taken.push(command));
    at.press('space', 'v', 'S', '[');
    expect(at.text()).toContain('5.0e-4'); // at once
    expect(at.text()).toContain('learning rate 0.000500');
    at.press('x');
    expect(at.text()).toContain('stop now');
    expect(at.text()).not.toContain('kill the engine');
    expect(at.text()).not.toContain('detach');
    at.press('e');
    await eventually(() =>
      expect(taken).toEqual([
        { type: 'pause' },
        { type: 'validate' },
        { type: 'checkpoint' },
        { type: 'lr', lr: 0.0005 },
        { type: 'stop', after: 'epoch' },
      ]),
    );
    file.close();
    hold.release();
    at.unmount();
  });

  it('was begun here and goes on without the screen: d, or d after q', () => {
    const detached: string[] = [];
    const engine = { ...SILENT_ENGINE, detach: () => void detached.push('yes') };
    const hold = new Hold(join(path, 'lock'));
    write(FIRST);
    const [start, ...rest] = FIRST as [StartEvent, ...TrainEvent[]];
    const fresh = beginRun(0);
    const at = renderAt(cols, rows, COLOUR, { screen: 'train', engine, state: { run: fresh } });
    at.press('d');
    expect(detached).toEqual([]); // there is no folder yet to come back to
    const run = rest.reduce(
      (before, event) => applyEvent(before, event, 0),
      applyEvent(fresh, { ...start, path }, 0),
    );
    at.program.store.set({ run });
    at.flush();
    at.press('x');
    expect(at.text()).toContain('d  do not stop: detach');
    at.press('escape', 'd');
    expect(detached).toEqual(['yes']);
    expect(at.text()).toContain('TRAINING ELSEWHERE');
    expect(at.text()).toContain('r7 continues; q quits, fer-tui att');
    hold.release();
    at.unmount();
  });

  it('that goes on after an end is not told as ended', () => {
    const hold = new Hold(join(path, 'lock'));
    write([...FIRST, ...fakeEnd('stopped'), FIRST[0] as TrainEvent]);
    const { at, act, read } = open();
    showRun(act, path);
    write(REST.slice(0, 5));
    read();
    expect(at.text()).toContain('TRAINING ELSEWHERE');
    hold.release();
    at.unmount();
  });

  it('that ends while it is opened is told as ended', () => {
    const hold = new Hold(join(path, 'lock'));
    write([...EVENTS, ...fakeEnd()]); // its process still holds the folder
    const { at, act, read } = open();
    showRun(act, path);
    read();
    hold.release();
    read();
    expect(at.text()).not.toContain('its process is gone');
    expect(at.text()).toContain('FINISHED');
    expect(at.program.store.state.run).toMatchObject({ phase: 'done', tail: undefined, live: false });
    at.unmount();
  });

  it('whose process is gone without a word is offered to be resumed', () => {
    const hold = new Hold(join(path, 'lock'));
    write(FIRST);
    const { at, act, read } = open();
    showRun(act, path);
    hold.release();
    read();
    expect(at.text()).toContain('its process is gone');
    expect(at.text()).toContain('R resume, extend');
    at.unmount();
  });
});

describe('while a training is active here', () => {
  const open = () => {
    write(FIRST);
    const own = FIRST.reduce((run, event) => applyEvent(run, event, 0), beginRun(0));
    const at = renderAt(100, 30, COLOUR, { screen: 'runs', state: { run: own } });
    return { at, own, act: actionsOf(at.program, 'runs') };
  };

  it('Train shows only that one, and says so', () => {
    const { at, own, act } = open();
    showRun(act, path);
    expect(at.program.store.state).toMatchObject({ screen: 'runs', run: own });
    expect(at.program.store.state.note).toEqual({
      text: 'a training is active: Train shows that one',
      kind: 'bad',
    });
    at.unmount();
  });

  it('its own folder leads to it, and is not read from its log', () => {
    const { at, own, act } = open();
    showRun(act, own.start?.path ?? '');
    expect(at.program.store.state.screen).toBe('train');
    expect(at.program.store.state.run).toBe(own);
    at.unmount();
  });
});
