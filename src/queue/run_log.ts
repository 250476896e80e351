import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { atomicWrite, needFolder } from '../util/atomic_write.js';
import type { Depot } from './task.js';

const LABEL = 'log';
const nameIn = (run: string): string => join(run, 'events.ndjson');

/**
 * Copies the log of a run to the depot, without steps: a run has thousands, and the whole log comes with the run folder.
 * @param translate converts the text
 */
export async function sendLog(
  depot: Depot,
  shelf: string,
  run: string,
  translate: (text: string) => string,
): Promise<void> {
  if (!existsSync(nameIn(run))) return;
  const lines = readFileSync(nameIn(run), 'utf8').split('\n');
  const kept = lines.filter((line) => !line.startsWith('{"type":"step"'));
  await depot.put(shelf, LABEL, Buffer.from(translate(kept.join('\n'))));
}

/** Fetches the log of a run that another machine trains into its folder here, so that the run can be followed. */
export async function fetchLog(depot: Depot, shelf: string, run: string): Promise<void> {
  const log = await depot.get(shelf, LABEL);
  if (log === undefined) return;
  needFolder(run);
  atomicWrite(nameIn(run), log);
}
