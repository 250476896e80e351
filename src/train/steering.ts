import { isMapping } from '../util/foreign.js';
import { type Control, isLearningRate } from './control.js';

/** A command for a training. */
export type Steering =
  | { readonly type: 'pause' | 'continue' | 'step' | 'checkpoint' | 'validate' }
  | {
      readonly type: 'lr';
      /** The learning rate from the next batch on, in (0, 10]. */
      readonly lr: number;
    }
  | { readonly type: 'stop'; readonly after: 'batch' | 'epoch' };

/** Commands that do not change the result of a run. A trial of a search takes only these: it must stay comparable with the others. */
export const HARMLESS: readonly Steering['type'][] = ['pause', 'continue', 'step', 'checkpoint'];

/** Passes a command on to what steers the training. Throws UsageError for a learning rate that is out of range. */
export function steer(control: Control, command: Steering): void {
  const verbs: { [T in Steering['type']]: () => void } = {
    pause: () => control.pause(),
    continue: () => control.resume(),
    step: () => control.step(),
    checkpoint: () => control.ask('checkpoint'),
    validate: () => control.ask('validate'),
    lr: () => command.type === 'lr' && control.setLearningRate(command.lr),
    stop: () => command.type === 'stop' && control.stop('user', command.after),
  };
  verbs[command.type]();
}

const PLAIN: readonly unknown[] = ['pause', 'continue', 'step', 'checkpoint', 'validate'];

/** A command read from a file that any program may have written; undefined if it is not a valid command. */
export function steeringOf(value: unknown): Steering | undefined {
  if (!isMapping(value)) return undefined;
  const { type, lr, after } = value;
  if (type === 'lr') return typeof lr === 'number' && isLearningRate(lr) ? { type, lr } : undefined;
  if (type === 'stop') return after === 'batch' || after === 'epoch' ? { type, after } : undefined;
  return PLAIN.includes(type) ? ({ type } as Steering) : undefined;
}
