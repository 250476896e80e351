/** Runs test files in a copy of the project, with one file changed, and stops what does not end. */
import { execFileSync, fork } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformWithOxc } from 'vite';
import { CpuTime } from './cpu_time.mjs';

const HOST = fileURLToPath(new URL('./host.mjs', import.meta.url));
/**
 * When a test file counts as one that does not end: when it has used so many milliseconds of CPU time, and so many times what
 * it uses without a fault; or when it has used next to none for so long. Other work on the machine changes neither.
 */
const [PATIENCE_MS, TIMES, QUIET_MS] = [10_000, 4, 30_000];
const POLL_MS = 500;

/** Copies a file, and says whether it was there. */
function copied(from, to) {
  try {
    cpSync(from, to);
    return true;
  } catch (error) {
    if (error.code === 'ENOENT') return false;
    throw error;
  }
}

/** A copy of the project outside of it, where files are changed and tests run. */
export class TestBench {
  #folder = mkdtempSync(join(tmpdir(), 'fer-tui-mutants-'));
  #host;
  #limits;
  #changed = [];

  /** The files that were copied: those that are gone by then are left out. */
  files;

  /** @param root the project; its `dist` must be built @param files what is copied */
  constructor(root, files, { patienceMs = PATIENCE_MS, quietMs = QUIET_MS } = {}) {
    this.#limits = { patienceMs, quietMs };
    this.tree = join(this.#folder, 'tree');
    this.files = files.filter((file) => copied(join(root, file), join(this.tree, file)));
    cpSync(join(root, 'dist'), join(this.tree, 'dist'), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(this.tree, 'node_modules'));
    const data = resolve(root, '../shared'); // what tests look for beside the project
    if (existsSync(data)) symlinkSync(data, join(this.#folder, 'shared'));
  }

  /** Writes a file of the copy, and what it is built to, which programs that tests start consist of. */
  async write(file, text) {
    const path = join(this.tree, file);
    writeFileSync(path, text);
    this.#changed.push(path);
    if (!/^src\/.*\.tsx?$/.test(file)) return;
    const options = { jsx: { runtime: 'automatic' }, typescript: { onlyRemoveTypeImports: true } };
    const { code } = await transformWithOxc(text, path, { sourcemap: false, ...options });
    const built = join(this.tree, file.replace(/^src/, 'dist').replace(/\.tsx?$/, '.js'));
    mkdirSync(dirname(built), { recursive: true });
    writeFileSync(built, code);
  }

  read(file) {
    return readFileSync(join(this.tree, file), 'utf8');
  }

  /** Runs a test file: `{ failed, cpuMs }`. @param usual milliseconds of CPU time that it uses without a fault */
  async run(file, usual = 120_000) {
    this.#host ??= await this.#start();
    const host = this.#host;
    const { patienceMs, quietMs } = this.#limits;
    const time = new CpuTime(host.pid);
    let timer;
    const answer = await new Promise((answered) => {
      const stuck = { failed: true, stuck: true };
      timer = setInterval(() => {
        time.read();
        if (time.used > patienceMs + TIMES * usual || time.quiet > quietMs) answered(stuck);
      }, POLL_MS);
      host.once('message', answered);
      host.once('exit', () => answered(stuck));
      host.send({ changed: this.#changed.splice(0), file: join(this.tree, file) });
    });
    clearInterval(timer);
    host.removeAllListeners();
    time.read();
    if (answer.stuck) this.#stop();
    return { ...answer, cpuMs: time.used };
  }

  /** What the compiler says of the sources in the copy as they are: files with errors. */
  typeErrors() {
    const tsc = join(this.tree, 'node_modules/typescript/bin/tsc');
    const info = join(this.#folder, 'tsbuildinfo');
    try {
      execFileSync(
        process.execPath,
        [tsc, '-p', 'tsconfig.build.json', '--noEmit', '--tsBuildInfoFile', info],
        {
          ...{ cwd: this.tree, encoding: 'utf8' },
        },
      );
      return new Set();
    } catch ({ stdout }) {
      return new Set([...String(stdout).matchAll(/^(\S+?)\(\d+,\d+\): error/gm)].map(([, file]) => file));
    }
  }

  async #start() {
    // What tests leave behind goes with the copy.
    const env = { ...process.env, TMPDIR: join(this.#folder, 'tmp') };
    mkdirSync(env.TMPDIR, { recursive: true });
    const host = fork(HOST, [this.tree], { detached: true, stdio: 'ignore', env });
    await new Promise((ready, gone) => {
      host.once('message', ready);
      host.once('exit', () => gone(new Error('Vitest does not start')));
    });
    host.removeAllListeners();
    return host;
  }

  /** With all its children, one of which may be stuck in a loop. */
  #stop() {
    try {
      process.kill(-this.#host.pid, 'SIGKILL');
    } catch {} // gone already
    this.#host = undefined;
  }

  close() {
    if (this.#host !== undefined) this.#stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
