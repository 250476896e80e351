import { addressText, type QueueAddress } from '../queue/address.js';
import type { WorkerCard } from '../queue/task.js';
import { counted } from '../util/counted.js';

/** A warning for users who put the queue's address on the command line. */
export const PASSWORD_SHOWS =
  'the password on the command line can be read by every user of this machine; put the address into FER_TUI_QUEUE';

/** The workers of a study or, if there are none, how to start one. */
export function workersText(workers: readonly WorkerCard[], address: QueueAddress): string {
  if (workers.length === 0) return `no worker yet; start one: fer-tui worker --queue ${addressText(address)}`;
  const list = workers.map((worker) => `${worker.name} (${speedText(worker)})`).join(', ');
  return `${counted(workers.length, 'worker')}: ${list}`;
}

/** An adapter and its speed. */
export function speedText({ adapter, gflops }: Pick<WorkerCard, 'adapter' | 'gflops'>): string {
  return `${adapter}, ${gflops < 1000 ? `${gflops.toFixed(0)} GFLOP/s` : `${(gflops / 1000).toFixed(1)} TFLOP/s`}`;
}
