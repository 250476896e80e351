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

const HOST = fileURLToPath(new URL('./host.mjs', import.meta.url));
/** Milliseconds that a test file may take: these, and so many times what it takes without a fault. */
const [PATIENCE_MS, TIMES] = [10_000, 4];

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
  #patienceMs;
  #changed = [];

  /** The files that were copied: those that are gone by then are left out. */
  files;

  /** @param root the project; its `dist` must be built @param files what is copied */
  constructor(root, files, patienceMs = PATIENCE_MS) {
    this.#patienceMs = patienceMs;
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

  /** Runs a test file: `{ failed, ms }`. @param usual milliseconds that it takes without a fault */
  async run(file, usual = 120_000) {
    this.#host ??= await this.#start();
    const host = this.#host;
    const limit = this.#patienceMs + TIMES * usual;
    let timer;
    const answer = await new Promise((answered) => {
      timer = setTimeout(() => answered({ failed: true, ms: limit, stuck: true }), limit);
      host.once('message', answered);
      host.once('exit', () => answered({ failed: true, ms: limit, stuck: true }));
      host.send({ changed: this.#changed.splice(0), file: join(this.tree, file) });
    });
    clearTimeout(timer);
    host.removeAllListeners();
    if (answer.stuck) this.#stop();
    return answer;
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
