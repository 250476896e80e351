import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runStudy, type StudyHooks } from '../study/run_study.js';
import type { Advisers, Study } from '../study/study.js';
import { atomicWrite } from '../util/atomic_write.js';
import type { QueueAddress } from './address.js';
import { Coordinator } from './coordinator.js';
import { RedisCoordinatorStore } from './redis_store.js';
import type { WorkerCard } from './task.js';

/** Milliseconds between two checks which workers are connected. */
const POLL_MS = 1000;

/** How to reach the workers of a study. */
export interface LeadOptions {
  readonly address: QueueAddress;
  /** Megabytes of the largest file or run folder that goes through the queue. */
  readonly limit: number;
  /** Called with messages for the user. */
  readonly say: (message: string) => void;
}

/** Opens the queue for a study; close it in the end. Throws QueueError when the server cannot be used. */
export async function openCoordinator(
  study: Study,
  { address, limit, say }: LeadOptions,
): Promise<Coordinator> {
  const store = await RedisCoordinatorStore.open({ address, say });
  return new Coordinator(store, { study: queueIdOf(study), limit: limit * 1e6, say });
}

/** Number of steps that wait in the queue, so that a worker finds the next step when it has ended one. */
const AHEAD = 1;

/**
 * Runs a study through a queue. It keeps one more step in the queue than there are workers.
 * @param onWorkers called with the connected workers, at first and whenever they change Throws what `Coordinator.run` throws,
 * after it has removed the steps in progress from the queue.
 */
export async function leadStudy(
  study: Study,
  advisers: Advisers,
  coordinator: Coordinator,
  hooks: StudyHooks & { onWorkers(workers: readonly WorkerCard[]): void },
): Promise<void> {
  const { control } = hooks;
  const lines = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  let over = false;
  const addLine = (): void => {
    const line: Promise<void> = runStudy(study, advisers, coordinator, hooks)
      .catch((error: unknown) => {
        failure ??= { error };
        control.stop('user');
      })
      .finally(() => {
        over = true; // there is nothing more to begin
        lines.delete(line);
      });
    lines.add(line);
  };
  let names: string | undefined;
  addLine();
  while (lines.size > 0) {
    const workers = await coordinator.workers();
    const now = workers.map(({ name }) => name).join('\n');
    if (now !== names) hooks.onWorkers(workers);
    names = now;
    while (!over && lines.size < workers.length + AHEAD && workers.length > 0) addLine();
    await Promise.race([...lines, sleep(POLL_MS, undefined, { ref: false })]);
  }
  if (failure !== undefined) throw failure.error;
}

const queueFile = ({ path }: Pick<Study, 'path'>): string => join(path, 'queue.json');

/** Numbers of the trials that workers of a queue may be training although no process here coordinates the study. */
export function trialsOfWorkers(study: Study): number[] {
  if (!existsSync(queueFile(study))) return [];
  return study.liveTrials.filter(({ state }) => state === 'interrupted').map(({ number }) => number);
}

/** The name of a study in queues: chosen once, kept in its folder. */
function queueIdOf(study: Study): string {
  const path = queueFile(study);
  if (existsSync(path)) {
    const { id } = JSON.parse(readFileSync(path, 'utf8')) as { readonly id: string };
    return id;
  }
  const id = randomUUID();
  atomicWrite(path, `${JSON.stringify({ id })}\n`);
  return id;
}
