import { constants, setPriority } from 'node:os';
import type { Gpu } from '../gpu/device.js';
import { onParentGone } from '../util/endings.js';
import { FerError } from '../util/errors.js';
import type { Handler } from './handler.js';
import { HANDLERS } from './handlers.js';
import { LoadMeter } from './load.js';
import { Outbox } from './outbox.js';
import { type Command, HEARTBEAT_MS, type Message } from './protocol.js';
import type { RequestName } from './requests.js';
import { Training } from './training.js';

/**
 * The engine's process. It does all computation, at a low priority, so that the screen stays responsive. When its parent ends,
 * it saves a running training and exits, or continues training if it was told to detach.
 */
setPriority(constants.priority.PRIORITY_BELOW_NORMAL); // before the driver starts its threads, which inherit the priority

const outbox = new Outbox((batch) => {
  // The callback ignores the error of a channel that has just closed: there is no receiver any more.
  if (process.connected) process.send?.(batch, undefined, undefined, () => undefined);
});
const send = (message: Message): void => outbox.send(message);
const meter = new LoadMeter();
setInterval(() => send({ type: 'heartbeat', load: meter.read() }), HEARTBEAT_MS).unref();

let gpu: Promise<Gpu> | undefined;

/** The device of all requests. If opening it fails, the next request tries again. */
function sharedGpu(): Promise<Gpu> {
  gpu ??= import('../gpu/device.js').then(({ openGpu }) => openGpu());
  gpu.catch(() => {
    gpu = undefined;
  });
  return gpu;
}

const asked = new Map<number, AbortController>();

async function answer({ id, name, args }: Extract<Command, { type: 'request' }>): Promise<void> {
  const controller = new AbortController();
  asked.set(id, controller);
  try {
    const handler = (await HANDLERS[name]()) as Handler<RequestName>;
    const value = await handler(args as never, {
      progress: (progress: unknown) => send({ type: 'progress', id, value: progress }),
      signal: controller.signal,
      gpu: sharedGpu,
    });
    send({ type: 'reply', id, value });
  } catch (error) {
    if (!(error instanceof FerError)) console.error(error); // a bug: its stack goes to the log
    send({ type: 'failed', id, message: error instanceof Error ? error.message : String(error) });
  } finally {
    asked.delete(id);
    outbox.flush();
  }
}

const training = new Training(send);
let detached = false;

process.on('message', (command: Command) => {
  switch (command.type) {
    case 'request':
      void answer(command);
      break;
    case 'cancel':
      asked.get(command.id)?.abort();
      break;
    case 'end':
      void end();
      break;
    case 'detach':
      detached = true;
      break;
    case 'train':
      training.train(command.settings);
      break;
    case 'resume':
      training.resume(command.path, command.changes);
      break;
    default:
      training.steer(command);
  }
});

async function end(): Promise<void> {
  await training.end();
  outbox.flush();
  process.exit(0);
}

/** The screen has ended: a detached training continues, any other is saved. */
async function leftAlone(): Promise<void> {
  if (!detached) return end();
  for (const request of asked.values()) request.abort();
  await training.ended();
  process.exit(0);
}
onParentGone(
  () => void end(),
  () => void leftAlone(),
);
