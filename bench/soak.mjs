/**
 * A soak: the program works for hours while faults are put in its way.
 *
 *   npm run soak -- --hours 1 [--seed 1] [--out FOLDER]
 *
 * Three processes run all the time: a training with validations and checkpoints, the UI in a pseudo-terminal that replays a
 * run, and the camera loop on drawn faces. Their memory, open files and threads are read every 30 seconds.
 * Beside them short trainings run one after another, each with a fault at a random moment: kill -9, a full disk, a broken
 * disk, a slow disk, jumps of the clock, a lost GPU device. After each, every file of the run has to be intact, and the run,
 * resumed without faults, has to end in the same weights, bit for bit, as one that nothing disturbed. Exit code 1 if not.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scriptOptions } from '../scripts/script_options.mjs';
import { Terminal } from '../scripts/terminal.mjs';
import { hourOfEvents } from './hour_of_events.mjs';
import { growth, readings } from './soak_watch.mjs';

const CLI = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const FAULTS = fileURLToPath(new URL('soak_faults.mjs', import.meta.url));
const KINDS = ['kill', 'enospc', 'eio', 'slow', 'clock', 'device'];
/** Milliseconds between two readings of the processes. */
const SAMPLE = 30_000;

const { values } = scriptOptions(import.meta.url, {
  options: {
    hours: { type: 'number', default: 1 },
    seed: { type: 'number', whole: true, least: 0, default: 1 },
    out: { type: 'string' }, // default: a temporary folder, removed where all went well
  },
});
const folder = values.out ?? mkdtempSync(join(tmpdir(), 'fer-tui-soak-'));
const end = performance.now() + values.hours * 3_600_000;
mkdirSync(folder, { recursive: true });
process.env.NO_COLOR = '1';
const faults = [];

const plain = await training('plain');
if (plain.code !== 0) throw new Error(`the undisturbed training ended with ${plain.code}:\n${plain.stderr}`);
const expected = weightsOf('plain');
const lasting = startLasting();
const sampling = setInterval(() => lasting.forEach(sample), SAMPLE);
for (let round = 0; performance.now() < end; round++) {
  faults.push(await disturb(round, KINDS[round % KINDS.length]));
  const { kind, exits, wrong } = faults.at(-1);
  console.log(
    `${new Date().toISOString()} ${round + 1} ${kind}: exit ${exits.join(', ')}${wrong === '' ? '' : `, WRONG: ${wrong}`}`,
  );
}
clearInterval(sampling);
for (const process of lasting) process.stop();
const ok = report();
if (ok) rmSync(folder, { recursive: true, force: true });
process.exit(ok ? 0 : 1);

/** A training with a fault, and what came of it. */
async function disturb(round, kind) {
  const name = `r${round}`;
  const seed = values.seed * 1000 + round;
  const exits = [];
  const env =
    kind === 'kill'
      ? {}
      : { NODE_OPTIONS: `--import ${FAULTS}`, FER_SOAK_FAULT: kind, FER_SOAK_SEED: `${seed}` };
  const first = await training(name, {
    env,
    killAfter: kind === 'kill' ? 2000 + ((seed * 7919) % 12_000) : 0,
  });
  exits.push(first.code ?? first.signal);
  // Nothing was begun: the run is made anew, as its user would.
  for (let tries = 0; exits.at(-1) !== 0 && tries < 3; tries++) {
    const again = existsSync(join(folder, name, 'config.json'))
      ? await run(['train', '--no-tui', '--resume', join(folder, name)])
      : await training(name);
    exits.push(again.code);
    if (again.code !== 0) first.stderr += again.stderr;
  }
  let wrong = '';
  if (/\n\s+at .*\.js:\d+/.test(first.stderr)) wrong = `a stack:\n${first.stderr}`;
  else if (exits.at(-1) !== 0) wrong = `it never ended well:\n${first.stderr}`;
  else if ((await run(['verify', join(folder, name)])).code !== 0) wrong = 'a file is damaged';
  else if (weightsOf(name) !== expected) wrong = 'other weights than without the fault';
  else if (readdirSync(join(folder, name)).some((file) => file.endsWith('.tmp')))
    wrong = 'a temporary file was left';
  if (wrong === '') rmSync(join(folder, name), { recursive: true, force: true });
  return { kind, exits, wrong };
}

/** Three epochs of a small network, with a checkpoint every second. */
function training(name, how) {
  const settings = ['--limit', '280', '--epochs', '3', '--seed', '5', '--checkpoint-seconds', '1'];
  return run(['train', '--no-tui', '--data', 'synthetic', ...settings, '--out', join(folder, name)], how);
}

/** Runs the program to its end. */
function run(args, { env = {}, killAfter = 0 } = {}) {
  const child = spawn(process.execPath, [CLI, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  const timer = killAfter > 0 ? setTimeout(() => child.kill('SIGKILL'), killAfter) : undefined;
  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, stderr });
    });
  });
}

/** The numbers of a run's best weights: a safetensors file after its header, which holds dates and names. */
function weightsOf(name) {
  const bytes = readFileSync(join(folder, name, 'best.safetensors'));
  const header = Number(bytes.readBigUInt64LE(0));
  return createHash('sha256')
    .update(bytes.subarray(8 + header))
    .digest('hex');
}

/** The processes that run all the time. */
function startLasting() {
  const events = hourOfEvents();
  const log = join(folder, 'events.ndjson');
  writeFileSync(log, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  const speed = `${Math.max(0.1, events.length / (values.hours * 3600))}`;
  const screen = new Terminal(process.execPath, [CLI, 'tui', '--replay', log, '--replay-speed', speed]);
  void screen.exited.then((code) => over('UI', code));
  return [
    lastingCommand('training', [
      'train',
      '--no-tui',
      '--data',
      'synthetic',
      '--limit',
      '280',
      '--epochs',
      '10000',
      '--out',
      join(folder, 'long'),
    ]),
    lastingCommand('camera', ['webcam', '--source', 'demo', '--headless', '--json']),
    { name: 'UI', pid: screen.pid, samples: [], stop: () => screen.kill() },
  ];
}

function lastingCommand(name, args) {
  const child = spawn(process.execPath, [CLI, ...args], { stdio: 'ignore' });
  child.on('close', (code, signal) => over(name, code ?? signal));
  return { name, pid: child.pid, samples: [], stop: () => child.kill('SIGTERM') };
}

/** A lasting process that ends before the soak does is a fault of its own. */
function over(name, how) {
  if (performance.now() < end) faults.push({ kind: name, exits: [how], wrong: 'it ended by itself' });
}

function sample({ pid, samples }) {
  samples.push(readings(pid));
}

/** Prints the tables. Whether all went well: nothing wrong after a fault, and nothing that grows. */
function report() {
  const wrong = faults.filter((fault) => fault.wrong !== '');
  console.log(
    `\n${values.hours} h, seed ${values.seed}: ${faults.length} faults, ${wrong.length} with something wrong`,
  );
  console.log('\n| fault | times | exit codes of the training | wrong |\n|---|---|---|---|');
  for (const kind of new Set(faults.map((fault) => fault.kind))) {
    const these = faults.filter((fault) => fault.kind === kind);
    const exits = [...new Set(these.map((fault) => fault.exits[0]))].sort().join(', ');
    console.log(
      `| ${kind} | ${these.length} | ${exits} | ${these.filter((fault) => fault.wrong !== '').length} |`,
    );
  }
  console.log('\n| process | memory, MB | open files | threads |\n|---|---|---|---|');
  let flat = true;
  for (const { name, samples } of lasting) {
    const { megabytes, files, threads } = growth(samples);
    const show = ({ before, after }) => `${before.toFixed(0)} to ${after.toFixed(0)}`;
    console.log(`| ${name} | ${show(megabytes)} | ${show(files)} | ${show(threads)} |`);
    // A tenth, and 20 MB for what the garbage collector has not taken yet.
    flat &&=
      !(megabytes.after > megabytes.before * 1.1 + 20) &&
      !(files.after > files.before + 2) &&
      !(threads.after > threads.before + 2);
  }
  if (!flat) console.log('\nSomething grows.');
  return flat && wrong.length === 0;
}
