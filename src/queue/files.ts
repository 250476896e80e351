import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeFaces, facesHash } from '../data/faces_file.js';
import { findData } from '../data/find_data.js';
import { isDrawn, loadSource } from '../data/load.js';
import type { TrialOrder } from '../study/run_trial.js';
import { OPTION_ENTRIES } from '../train/options.js';
import { atomicWrite, needFolder } from '../util/atomic_write.js';
import { camelCase } from '../util/camel_case.js';
import { DataError, FerError, UsageError } from '../util/errors.js';
import { readWhole } from '../util/read_whole.js';
import { getFile, hashOf, putFile } from './parcels.js';
import type { CoordinatorStore, NeededFile, WorkerStore } from './task.js';

/** The sender of files that all trials of a study need. */
const SENDER = 'coordinator';
const shelfOf = (sha256: string): string => `file-${sha256}`;
/** Milliseconds between two checks for a requested file, and the number of checks before it is requested again. */
const POLL_MS = 250;
const POLLS = 20;

/** The files that the trials of a study need, on the coordinator's machine. It sends them when a worker asks. */
export class CoordinatorFiles {
  readonly #known = new Map<string, NeededFile>();
  readonly #sent = new Set<string>();

  constructor(
    private readonly store: Pick<CoordinatorStore, 'depot' | 'takeFileRequests'>,
    private readonly study: string,
    private readonly limit: number,
  ) {}

  /** The files of a training. Throws DataError when one cannot be read, UsageError for a kind that cannot be sent. */
  async neededBy({ settings, values }: Pick<TrialOrder, 'settings' | 'values'>): Promise<NeededFile[]> {
    const all = { ...settings, ...values };
    const reading = {
      skipBad: all['skip-bad'] === true || all['skipBad'] === true,
      classes: typeof all['classes'] === 'string' ? all['classes'] : undefined,
    };
    if (all['teacher'] !== undefined) {
      throw new UsageError(
        'teacher: networks to learn from do not travel through a queue; train on one machine, or in a shared folder',
      );
    }
    const needs: NeededFile[] = [];
    for (const [name, { file }] of OPTION_ENTRIES) {
      const path = all[name] ?? all[camelCase(name)];
      if (file === undefined || typeof path !== 'string' || (file === 'data' && isDrawn(path))) continue;
      const known = this.#known.get(path) ?? (await this.#measured(path, file, reading));
      this.#known.set(path, known);
      needs.push(known);
    }
    return needs;
  }

  async #measured(path: string, kind: NeededFile['kind'], reading: Reading): Promise<NeededFile> {
    const { sha256, bytes } = await contentOf({ path, kind, ...reading });
    return { path, kind, sha256, bytes: bytes.length, ...reading, offered: bytes.length <= this.limit };
  }

  /** Sends the files that workers have requested since the last call. */
  async sendRequested(): Promise<void> {
    for (const requested of await this.store.takeFileRequests(this.study)) {
      const need = [...this.#known.values()].find(({ sha256 }) => sha256 === requested);
      if (!need?.offered) continue;
      const { sha256, bytes } = await contentOf(need);
      if (sha256 !== requested) throw new DataError(`${need.path} has changed since the study began`);
      await putFile({ depot: this.store.depot, shelf: shelfOf(sha256), sender: SENDER }, { sha256, bytes });
      this.#sent.add(sha256);
    }
  }

  /** Removes the files that were sent. */
  async close(): Promise<void> {
    for (const sha256 of this.#sent) await this.store.depot.clear(shelfOf(sha256));
  }
}

/** Options of reading a data set. */
type Reading = Pick<NeededFile, 'skipBad' | 'classes'>;

/** A file as it is sent, with its hash. */
async function contentOf({
  path,
  kind,
  ...reading
}: Pick<NeededFile, 'path' | 'kind'> & Reading): Promise<{ sha256: string; bytes: Buffer }> {
  if (kind === 'data') {
    const dataset = await loadSource(path, reading);
    return { sha256: facesHash(dataset), bytes: Buffer.concat(encodeFaces(dataset)) };
  }
  try {
    const bytes = readWhole(path);
    return { sha256: hashOf(bytes), bytes };
  } catch (cause) {
    throw new DataError(`${path}: cannot be read (${cause instanceof Error ? cause.message : cause})`, {
      cause,
    });
  }
}

/** Finds the files of trials on a worker's machine, or fetches them once and keeps them. */
export class WorkerFiles {
  /** Paths here by hash. */
  readonly #found = new Map<string, string>();

  constructor(
    private readonly store: Pick<WorkerStore, 'depot' | 'requestFile'>,
    private readonly options: {
      /** Folder of the files that were fetched. */
      readonly cache: string;
      /** Paths of data sets on this machine. */
      readonly data: readonly string[];
      readonly say: (message: string) => void;
    },
  ) {}

  /**
   * The path of a file on this machine. Waits for the coordinator if the file has to be fetched.
   * Throws DataError when it is not here and the coordinator does not send it, AbortError when `signal` is aborted.
   */
  async pathOf(need: NeededFile, study: string, signal: AbortSignal): Promise<string> {
    const found =
      this.#found.get(need.sha256) ?? (await this.#find(need)) ?? (await this.#fetch(need, study, signal));
    this.#found.set(need.sha256, found);
    return found;
  }

  #cached({ path, kind, sha256 }: NeededFile): string {
    const [extension = ''] = /\.\w+$/.exec(path) ?? []; // some formats are recognized by it
    return join(this.options.cache, `${sha256}${kind === 'data' ? '.faces' : extension}`);
  }

  async #find(need: NeededFile): Promise<string | undefined> {
    const usual = need.kind === 'data' ? [...this.options.data, findData()] : [];
    for (const path of [this.#cached(need), ...usual, need.path]) {
      if (path === undefined || !existsSync(path)) continue;
      try {
        if ((await contentOf({ ...need, path })).sha256 === need.sha256) return path;
      } catch (error) {
        if (!(error instanceof FerError)) throw error; // another file, or a damaged one
      }
    }
    return undefined;
  }

  async #fetch(need: NeededFile, study: string, signal: AbortSignal): Promise<string> {
    const { path, kind, sha256, bytes, offered } = need;
    const size = `${Math.ceil(bytes / 1e6)} MB`;
    if (!offered) {
      throw new DataError(
        `${path} (${size}) is not on this machine, and above what the coordinator sends; copy it here` +
          `${kind === 'data' ? ' and give --data PATH' : ' to the same path'}, or raise the coordinator's --transfer-limit`,
      );
    }
    this.options.say(`fetching ${path} (${size}) from the coordinator`);
    const place = { depot: this.store.depot, shelf: shelfOf(sha256), sender: SENDER };
    for (let look = 0; ; look++) {
      const content = await getFile(place, { sha256, bytes });
      if (content !== undefined) {
        const here = this.#cached(need);
        needFolder(dirname(here));
        atomicWrite(here, content);
        if ((await contentOf({ path: here, kind, skipBad: false })).sha256 === sha256) return here;
        throw new DataError(`${path}: what the coordinator sent is damaged`);
      }
      if (look % POLLS === 0) await this.store.requestFile(study, sha256);
      await sleep(POLL_MS, undefined, { signal });
    }
  }
}
