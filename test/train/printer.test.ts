import { describe, expect, it } from 'vitest';
import type { EpochEvent, StepEvent, TrainEvent } from '../../src/train/events.js';
import { duration, Printer, type PrinterOptions, wantsColor } from '../../src/train/printer.js';

const STEP: StepEvent = {
  ...{ type: 'step', step: 40, epoch: 1, loss: 1.5, acc: 0.25, lr: 1e-3, imgPerS: 1940, etaS: 400 },
  ...{ of: 80, stepInEpoch: 40 },
};
const EPOCH: EpochEvent = {
  ...{ v: 1, type: 'epoch', t: '', run: 'r1', epoch: 7, of: 30, train: { loss: 1.182, acc: 0.559 } },
  ...{ lr: 5e-4, imgPerS: 0, seconds: 9, etaS: null, best: false },
};
const START: TrainEvent = {
  ...{ v: 1, type: 'start', t: '', run: 'r1', path: '', model: 'fer-cnn', parameters: 541_191 },
  ...{ adapter: 'a card', data: { name: 'faces', train: 28_709, validation: 3_589 }, of: 12 },
  ...{ stepsPerEpoch: 80, config: {} },
};
const note = (message: string, done?: number): TrainEvent => ({
  ...{ type: 'note', kind: 'compile', message },
  ...(done !== undefined && { progress: { done, total: 4 } }),
});

/** A printer on a clock that is set by hand; `take` gives what was written since the last call. */
function printing(isTTY: boolean, options: PrinterOptions = {}, columns?: number) {
  let text = '';
  const clock = { ms: 0 };
  const out = { write: (t: string) => (text += t), isTTY, ...(columns !== undefined && { columns }) };
  const printer = new Printer(out, { now: () => clock.ms, env: {}, color: 'never', ...options });
  const take = (): string => {
    const taken = text;
    text = '';
    return taken;
  };
  return { printer, clock, take };
}
const REPAINT = '\r\x1b[2K';

describe('the lines of a printer', () => {
  it('name the run, its data and its adapter, and count epochs from the start event', () => {
    const { printer, clock, take } = printing(false);
    printer.show(START);
    expect(take()).toBe(
      'r1: fer-cnn (541,191 parameters) on faces, 28,709 training and 3,589 validation images, a card\n',
    );
    clock.ms = 30_000;
    printer.show(STEP);
    expect(take()).toMatch(/^epoch 1\/12 40\/80 {2}loss/);
  });

  it('escape what a name or a note could steer the terminal with', () => {
    const { printer, take } = printing(false);
    printer.show({ ...START, run: 'r\x1b[2J' } as TrainEvent);
    expect(take()).toContain('r\\x1b[2J: fer-cnn');
    printer.show(note('settings changed: \x07'));
    expect(take()).toBe('settings changed: \\x07\n');
  });

  it('leave out validation numbers, rate, time and "best" where there are none', () => {
    const { printer, take } = printing(false);
    printer.show(EPOCH);
    expect(take()).toBe('epoch 7/30  loss 1.182  acc 55.9 %  lr 5e-4  — img/s  ETA —\n');
  });

  it('have four figures of a learning rate at most', () => {
    const { printer, take } = printing(false);
    printer.show({ ...EPOCH, lr: 5.145423593715555e-4 } as TrainEvent);
    expect(take()).toContain('  lr 5.145e-4  ');
  });

  it('colour the word "best" alone', () => {
    const { printer, take } = printing(false, { color: 'always' });
    printer.show({ ...EPOCH, best: true });
    expect(take().endsWith('ETA —  \x1b[32mbest\x1b[0m\n')).toBe(true);
  });

  it('tell a validation within an epoch, and leave result and end to the command', () => {
    const { printer, take } = printing(false);
    const val = { loss: 1.2345, acc: 0.5, recall: [] };
    printer.show({ type: 'validation', step: 33, epoch: 1, val, seconds: 2 });
    printer.show({ type: 'end', status: 'finished', exit: 0 });
    expect(take()).toBe('after step 33  val-loss 1.234  val-acc 50.0 %\n');
  });

  it('put off the next step by 30 s from the last line, whatever it was', () => {
    const { printer, clock, take } = printing(false);
    clock.ms = 20_000;
    printer.show(EPOCH);
    take();
    clock.ms = 49_999;
    printer.show(STEP);
    expect(take()).toBe('');
    clock.ms = 50_000;
    printer.show(STEP);
    expect(take()).toContain('epoch 1/');
  });

  it('without a terminal give the progress of an activity at once, then every 30 s', () => {
    const { printer, clock, take } = printing(false);
    printer.show(note('compiling 1 of 4', 1));
    expect(take()).toBe('compiling 1 of 4\n');
    clock.ms = 29_999;
    printer.show(note('compiling 2 of 4', 2));
    printer.show(note('a note'));
    expect(take()).toBe('a note\n');
    clock.ms = 30_000;
    printer.show(note('compiling 3 of 4', 3));
    expect(take()).toBe('compiling 3 of 4\n');
  });

  it('are none when silent', () => {
    for (const isTTY of [true, false]) {
      const { printer, clock, take } = printing(isTTY, { silent: true });
      printer.show(START);
      clock.ms = 60_000;
      printer.show(STEP);
      printer.loading({ done: 1, total: 2, unit: 'images' });
      printer.close();
      expect(take()).toBe('');
    }
  });
});

describe('the progress line of a terminal', () => {
  it('is repainted at most every 100 ms, and is cleared before a line', () => {
    const { printer, clock, take } = printing(true);
    printer.show(note('compiling', 1));
    expect(take()).toBe(`${REPAINT}[#####---------------] compiling`);
    clock.ms = 99;
    printer.show(note('compiling', 2));
    expect(take()).toBe('');
    clock.ms = 100;
    printer.show(note('compiling', 3));
    expect(take()).toBe(`${REPAINT}[###############-----] compiling`);
    clock.ms = 199;
    printer.show(note('compiling', 4));
    expect(take()).toBe('');
    printer.show(EPOCH);
    expect(take()).toBe(`${REPAINT}epoch 7/30  loss 1.182  acc 55.9 %  lr 5e-4  — img/s  ETA —\n`);
    printer.show(EPOCH);
    expect(take()).toMatch(/^epoch 7\/30/); // nothing left to clear
    printer.close();
    expect(take()).toBe('');
  });

  it('keeps one column free of 80, if the width is unknown', () => {
    const { printer, take } = printing(true);
    printer.show(note('x'.repeat(200), 5)); // 5 of 4
    expect(take()).toBe(`${REPAINT}[####################] ${'x'.repeat(79 - 23)}`);
  });

  it('shows how far loading is, once it has taken a second', () => {
    const { printer, clock, take } = printing(true);
    const part = { done: 1000, total: 4000, unit: 'images' };
    clock.ms = 999;
    printer.loading(part);
    expect(take()).toBe('');
    clock.ms = 1000;
    printer.loading(part);
    expect(take()).toBe(`${REPAINT}reading data [#####---------------] 25 % of 4,000 images`);
    const plain = printing(false);
    plain.clock.ms = 5000;
    plain.printer.loading(part);
    expect(plain.take()).toBe('');
  });

  it.each([{ TERM: 'dumb' }, { CI: 'true' }])('is not used with %j', (env) => {
    const { printer, clock, take } = printing(true, { env });
    clock.ms = 30_000;
    printer.show(STEP);
    expect(take()).toMatch(/^epoch 1\/.*\n$/);
  });
});

it('colour: never, FORCE_COLOR=0 and a plain pipe give none', () => {
  expect(wantsColor('never', true, { FORCE_COLOR: '1' })).toBe(false);
  expect(wantsColor('auto', true, { FORCE_COLOR: '0' })).toBe(false);
  expect(wantsColor('auto', false, {})).toBe(false);
  expect(wantsColor('auto', true, { NO_COLOR: '', TERM: 'xterm' })).toBe(true);
});

it.each([
  [0, '0 s'],
  [59.4, '59 s'],
  [59.6, '1 min'],
  [60, '1 min'],
  [89, '1 min'],
  [3569, '59 min'],
  [3599, '1 h 0 min'],
  [7140, '1 h 59 min'],
  [3660, '1 h 1 min'],
  [7199, '2 h 0 min'],
])('%d seconds are said as %s', (seconds, words) => expect(duration(seconds)).toBe(words));
