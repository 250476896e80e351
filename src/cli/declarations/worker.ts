import type { ArgsOf } from '../declaration.js';
import { QUEUE, TRANSFER_LIMIT } from './queue.js';
import { ADAPTER } from './shared.js';

export const WORKER = {
  usage: 'worker',
  describe: 'Train trials of studies that "fer-tui search --queue" leads on another machine',
  examples: [
    ['$0 worker --queue redis://10.0.0.5', 'until ^C, which gives the trial in progress to another worker'],
    ['$0 worker --queue redis://10.0.0.5 --once', 'one trial or one rung of it, e.g. in a batch job'],
    ['FER_TUI_QUEUE=rediss://:SECRET@host $0 worker', 'the password is not in the list of processes'],
  ],
  options: {
    queue: { ...QUEUE, requiresArg: true },
    name: {
      type: 'string',
      requiresArg: true,
      defaultDescription: 'host and process id',
      describe: 'what to call this worker in messages',
    },
    data: {
      type: 'string',
      array: true,
      requiresArg: true,
      default: [],
      describe:
        'data sets on this machine; data that is in none of them is fetched from the coordinator once',
    },
    once: { type: 'boolean', default: false, describe: 'end after one step of a trial' },
    sync: {
      type: 'number',
      least: 0,
      requiresArg: true,
      default: 30,
      describe: 'seconds between two copies of the checkpoint to the queue, at least',
    },
    lease: {
      type: 'number',
      least: 1,
      requiresArg: true,
      default: 30,
      describe: 'seconds without a sign of life after which the trial goes to another worker',
    },
    'transfer-limit': TRANSFER_LIMIT,
    adapter: ADAPTER,
  },
} as const;

export type WorkerArgs = ArgsOf<typeof WORKER>;
