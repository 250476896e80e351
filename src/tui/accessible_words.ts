import { isLearningRate } from '../train/control.js';
import type { Steering } from '../train/steering.js';

/** The words that steer a training in the accessible mode. */

/** The command that a typed word stands for. `leave`: stop reporting; the training continues. */
export type TypedCommand = Steering | { readonly type: 'leave' };

interface Word {
  /** What to type, as the help shows it. */
  readonly usage: string;
  readonly help: string;
  /** Returns the command, or what is wrong with the value that was typed after the word. */
  command(value: string): TypedCommand | string;
}

const plainWord = (type: 'pause' | 'continue' | 'step' | 'checkpoint' | 'validate') => () => ({ type });

const WORDS: Readonly<Record<string, Word>> = {
  p: { usage: 'p', help: 'pause', command: plainWord('pause') },
  c: { usage: 'c', help: 'continue', command: plainWord('continue') },
  one: { usage: 'one', help: 'train one step, and stay paused', command: plainWord('step') },
  l: {
    usage: 'l RATE',
    help: 'set the learning rate, e.g. l 0.0005',
    command: (value) =>
      isLearningRate(Number(value))
        ? { type: 'lr', lr: Number(value) }
        : 'l needs a number in (0, 10], e.g. l 0.0005',
  },
  v: { usage: 'v', help: 'validate now', command: plainWord('validate') },
  k: { usage: 'k', help: 'save a checkpoint now', command: plainWord('checkpoint') },
  e: { usage: 'e', help: 'stop after this epoch', command: () => ({ type: 'stop', after: 'epoch' }) },
  s: { usage: 's', help: 'stop now, and save', command: () => ({ type: 'stop', after: 'batch' }) },
  d: { usage: 'd', help: 'detach: training continues in the background', command: () => ({ type: 'leave' }) },
};

/** The words with their help, one per line. */
export const TRAINING_HELP = Object.values(WORDS)
  .map(({ usage, help }) => `${usage}: ${help}`)
  .join('\n');

/** Parses a line that was typed while training. Returns a command, or a text to print; undefined for an empty line. */
export function parseCommand(line: string): TypedCommand | string | undefined {
  const [word = '', ...rest] = line.trim().split(/\s+/);
  if (word === '') return undefined;
  if (word === '?') return TRAINING_HELP;
  const known = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
  const alone = known !== undefined && known.usage === word;
  if (known === undefined || (alone && rest.length > 0)) return `not understood: ${line.trim()}; try ?`;
  return known.command(rest.join(' '));
}
