import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { atomicWrite, needFolder } from '../util/atomic_write.js';
import { QueueError } from '../util/errors.js';
import type { Depot, Parcel, StoredFile } from './task.js';

/** Bytes of a chunk. Small chunks keep the server responsive, because it handles one command at a time. */
const CHUNK = 1 << 20;
/** The checkpoint of a run folder; the other files must not be older than it. */
const STATE = 'checkpoint.safetensors';
/** Files of a process on this machine, which are not sent. */
const LEFT_OUT = /^lock$|\.tmp$/;
/** Names without `..` or an absolute path: names from a server must not lead to other folders. */
export const SAFE_NAME = /^(?!\.)[\w.-]+(\/(?!\.)[\w.-]+)*$/;

/** The place of a parcel in the store, and its sender. */
export interface Shipment {
  readonly depot: Depot;
  readonly shelf: string;
  readonly sender: string;
  /** Most bytes of a parcel. */
  readonly limit: number;
}

export const EMPTY_PARCEL: Parcel = { sender: '', files: [] };

/**
 * Sends a run folder to the depot. It may be in use: its files are replaced as a whole, and the checkpoint is read first, so a
 * run that is resumed from the parcel at most repeats some steps.
 * @param translate converts the content of text files
 * @param before the parcel that was sent last. If this sender sent it, unchanged files are not sent again. Throws QueueError when
 * the folder is above the limit.
 */
export async function sendFolder(
  { depot, shelf, sender, limit }: Shipment,
  folder: string,
  translate: (text: string) => string,
  before = EMPTY_PARCEL,
): Promise<Parcel> {
  const contents = new Map<string, Uint8Array>();
  const files: StoredFile[] = [];
  let total = 0;
  for (const name of filesIn(folder)) {
    const raw = readFileSync(join(folder, name));
    const bytes = /\.(json|ndjson)$/.test(name) ? Buffer.from(translate(raw.toString('utf8'))) : raw;
    total += bytes.length;
    checkSize(`run folder ${folder}`, total, limit);
    const sha256 = hashOf(bytes);
    files.push({ name, sha256, bytes: bytes.length });
    contents.set(sha256, bytes);
  }
  if (before.sender === sender) for (const { sha256 } of before.files) contents.delete(sha256);
  await Promise.all(
    [...contents].map(([sha256, bytes]) => putFile({ depot, shelf, sender }, { sha256, bytes })),
  );
  return { sender, files };
}

/** Removes the files of an older parcel that the newer one of the same sender no longer has. */
export async function removeOutdated(
  { depot, shelf }: Shipment,
  older: Parcel,
  newer: Parcel,
): Promise<void> {
  const kept = new Set(newer.sender === older.sender ? newer.files.map(({ sha256 }) => sha256) : []);
  const labels = older.files
    .filter(({ sha256 }) => !kept.has(sha256))
    .flatMap(({ sha256, bytes }) => labelsOf(older.sender, sha256, bytes));
  await depot.remove(shelf, labels);
}

/**
 * Fetches a run folder. The checkpoint is written last: until then, the run can be resumed from the old one. Throws QueueError
 * when a file is not there or not whole, RunError when it cannot be written.
 */
export async function fetchFolder(
  { depot, shelf, limit }: Omit<Shipment, 'sender'>,
  { sender, files }: Parcel,
  folder: string,
  translate: (text: string) => string,
): Promise<void> {
  checkSize(
    'a run folder in the queue',
    files.reduce((sum, { bytes }) => sum + bytes, 0),
    limit,
  );
  const bad = files.find(({ name }) => !SAFE_NAME.test(name));
  if (bad !== undefined)
    throw new QueueError(`the queue holds a file with a name that is not allowed: ${bad.name}`);
  const ordered = [...files].sort((a, b) => Number(a.name === STATE) - Number(b.name === STATE));
  const contents = await Promise.all(ordered.map((file) => getFile({ depot, shelf, sender }, file)));
  for (const [i, { name, sha256 }] of ordered.entries()) {
    const content = contents[i];
    if (content === undefined || hashOf(content) !== sha256)
      throw new QueueError(`${name} of a run is no longer in the queue, or damaged`);
    const path = join(folder, name);
    needFolder(dirname(path));
    atomicWrite(path, /\.(json|ndjson)$/.test(name) ? translate(content.toString('utf8')) : content);
  }
}

/** Stores one file in chunks, under the hash of its bytes. */
export async function putFile(
  { depot, shelf, sender }: Omit<Shipment, 'limit'>,
  { sha256, bytes }: { readonly sha256: string; readonly bytes: Uint8Array },
): Promise<void> {
  const labels = labelsOf(sender, sha256, bytes.length);
  for (const [i, label] of labels.entries())
    await depot.put(shelf, label, bytes.subarray(i * CHUNK, (i + 1) * CHUNK));
}

/** Reads one file. Undefined when a part of it is missing. The caller has to check the hash. */
export async function getFile(
  { depot, shelf, sender }: Omit<Shipment, 'limit'>,
  { sha256, bytes }: Pick<StoredFile, 'sha256' | 'bytes'>,
): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  for (const label of labelsOf(sender, sha256, bytes)) {
    const chunk = await depot.get(shelf, label);
    if (chunk === undefined) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const labelsOf = (sender: string, sha256: string, bytes: number): string[] =>
  Array.from({ length: Math.ceil(bytes / CHUNK) }, (_, i) => `${sender}/${sha256}/${i}`);

/** The SHA-256 of some bytes, in hex. */
export const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Names of all files in a folder, the checkpoint first. */
function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !LEFT_OUT.test(entry.name))
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)).split(sep).join('/'))
    .sort((a, b) => Number(b === STATE) - Number(a === STATE));
}

/** Throws QueueError if there are more bytes than `limit`. */
function checkSize(what: string, bytes: number, limit: number): void {
  if (bytes <= limit) return;
  const [have, may] = [bytes, limit].map((n) => Math.ceil(n / 1e6));
  throw new QueueError(`${what} has ${have} MB, and ${may} MB may be sent; raise --transfer-limit`);
}
