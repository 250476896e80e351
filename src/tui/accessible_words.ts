import type { Steering } from '../train/steering.js';

/** The words with which a training is steered in the accessible mode. */

/** What a word asks for. `leave`: let the training go on alone. */
export type Meant = Steering | { readonly type: 'leave' };

interface Word {
  /** What is typed, as the help has it. */
  readonly usage: string;
  readonly help: string;
  /** What the engine is to do; a text: what is wrong with the value typed behind the word. */
  command(value: string): Meant | string;
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
      Number(value) > 0 && Number(value) <= 10
        ? { type: 'lr', lr: Number(value) }
        : 'l needs a number in (0, 10], e.g. l 0.0005',
  },
  v: { usage: 'v', help: 'validate now', command: plainWord('validate') },
  k: { usage: 'k', help: 'save a checkpoint now', command: plainWord('checkpoint') },
  e: { usage: 'e', help: 'stop after this epoch', command: () => ({ type: 'stop', after: 'epoch' }) },
  s: { usage: 's', help: 'stop now, and save', command: () => ({ type: 'stop', after: 'batch' }) },
  d: { usage: 'd', help: 'detach: it goes on in the background', command: () => ({ type: 'leave' }) },
};

/** The words, one a line. */
export const TRAINING_HELP = Object.values(WORDS)
  .map(({ usage, help }) => `${usage}: ${help}`)
  .join('\n');

/** What a line that was typed while training means: a command, or what to say. An empty line means nothing. */
export function understood(line: string): Meant | string | undefined {
  const [word = '', ...rest] = line.trim().split(/\s+/);
  if (word === '') return undefined;
  if (word === '?') return TRAINING_HELP;
  const known = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
  const alone = known !== undefined && known.usage === word;
  if (known === undefined || (alone && rest.length > 0)) return `not understood: ${line.trim()}; try ?`;
  return known.command(rest.join(' '));
}
