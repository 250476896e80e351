import { beforeEach, expect, it, vi } from 'vitest';
import type { Message } from '../../src/engine/protocol.js';
import { Training } from '../../src/engine/training.js';
import type { Hooks } from '../../src/train/session.js';
import { eventually } from '../helpers/patience.js';

const session = vi.hoisted(() => ({ runTraining: vi.fn(), resumeTraining: vi.fn() }));
vi.mock('../../src/train/session.js', () => session);

/** A run that lasts until it is told how to end. */
function held() {
  let finish: () => void = () => undefined;
  let fail: (error: unknown) => void = () => undefined;
  let hooks: Hooks | undefined;
  const run = (_: unknown, given: Hooks): Promise<void> => {
    hooks = given;
    return new Promise((resolve, reject) => {
      [finish, fail] = [resolve, reject];
    });
  };
  const begun = () => eventually(() => hooks ?? Promise.reject(new Error('not begun')));
  return { run, begun, finish: () => finish(), fail: (error: unknown) => fail(error) };
}

function sent() {
  const messages: Message[] = [];
  return { messages, training: new Training((message) => messages.push(message)) };
}

beforeEach(() => {
  vi.resetAllMocks();
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
});

it('runs one training at a time, and another one after it', async () => {
  const [first, second] = [held(), held()];
  session.runTraining.mockImplementationOnce(first.run).mockImplementationOnce(second.run);
  const { training, messages } = sent();
  training.train({ epochs: 3 });
  const { emit, onLoadProgress } = await first.begun();
  training.train({ epochs: 4 });
  training.resume('/runs/r1');
  emit({ type: 'note', kind: 'pause', message: 'x' });
  onLoadProgress?.({ done: 1, total: 2, unit: 'rows' });
  expect(messages).toEqual([
    { type: 'train', event: { type: 'note', kind: 'pause', message: 'x' } },
    { type: 'loading', done: 1, total: 2, unit: 'rows' },
  ]);
  first.finish();
  await training.end();
  training.train({ epochs: 5 });
  await second.begun();
  expect(session.runTraining.mock.calls.map(([config]) => config.epochs)).toEqual([3, 5]);
  expect(session.resumeTraining).not.toHaveBeenCalled();
  second.finish();
});

it.each([
  [undefined],
  [{ lr: 0.25, epochs: 9 }],
])('resumes the run in a folder with the changes %j', async (changes) => {
  const { training } = sent();
  const run = held();
  session.resumeTraining.mockImplementation(run.run);
  training.resume('/runs/r1', changes);
  await run.begun();
  const [path, , given] = session.resumeTraining.mock.calls[0] ?? [];
  expect([path, given]).toEqual(['/runs/r1', changes]);
  run.finish();
});

it('passes each command to the control of the run', async () => {
  const { training } = sent();
  training.steer({ type: 'pause' }); // without a run, nothing happens
  const run = held();
  session.runTraining.mockImplementation(run.run);
  training.train({});
  const { control } = await run.begun();
  if (control === undefined) throw new Error('a run in the engine has a control');
  training.steer({ type: 'pause' });
  expect(control.paused).toBe(true);
  training.steer({ type: 'continue' });
  expect(control.paused).toBe(false);
  training.steer({ type: 'step' });
  expect([control.paused, control.takeStep(), control.takeStep()]).toEqual([true, true, false]);
  training.steer({ type: 'checkpoint' });
  training.steer({ type: 'lr', lr: 0.5 });
  training.steer({ type: 'validate' });
  expect(control.takeRequests()).toEqual(['checkpoint', { lr: 0.5 }, 'validate']);
  training.steer({ type: 'stop', after: 'epoch' });
  expect([control.finishing, control.stopped]).toEqual(['user', undefined]);
  training.steer({ type: 'stop', after: 'batch' });
  expect(control.stopped).toBe('user');
  run.finish();
});

it('ends by stopping the run as SIGTERM does, once it has ended', async () => {
  const { training } = sent();
  await training.end(); // nothing runs
  const run = held();
  session.runTraining.mockImplementation(run.run);
  training.train({});
  const { control } = await run.begun();
  let over = false;
  const end = training.end().then(() => {
    over = true;
  });
  expect(control?.stopped).toBe('sigterm');
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(over).toBe(false);
  run.finish();
  await end;
});

it('a run that fails before it can report it is reported here, with exit code 2', async () => {
  const { training, messages } = sent();
  training.train({ epochs: -1 });
  await training.end();
  expect(session.runTraining).not.toHaveBeenCalled();
  expect(messages).toEqual([
    { type: 'train', event: { type: 'error', message: expect.stringContaining('epochs'), exit: 2 } },
    { type: 'train', event: { type: 'end', status: 'failed', exit: 2 } },
  ]);
});

it('a run that has reported its end is not reported twice; one that has not, is', async () => {
  for (const ended of [true, false]) {
    const { training, messages } = sent();
    const run = held();
    session.runTraining.mockImplementation(run.run);
    training.train({});
    const { emit } = await run.begun();
    if (ended) emit({ type: 'end', status: 'failed', exit: 6 });
    else emit({ type: 'note', kind: 'pause', message: 'x' });
    run.fail(new Error('diverged'));
    await training.end();
    expect(messages).toHaveLength(ended ? 1 : 3);
  }
});
