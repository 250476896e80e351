/**
 * Measures studies by a queue, with a Redis server and workers in processes of their own on this machine. Needs redis-server
 * (npm run setup -- --redis), and about ten minutes on two CPU cores.
 *   npm run bench:queue                   all
 *   npm run bench:queue -- throughput     trials a minute with 1, 2 and 4 workers, and what the queue costs a trial
 *   npm run bench:queue -- kills          20 random SIGKILLs of workers; --seed N draws others
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Rng } from '../dist/util/random.js';
import { REDIS_SERVERS } from '../scripts/platform.mjs';
import { scriptOptions } from '../scripts/script_options.mjs';
import { completions, lineOf, outcome, startCli, startWorker } from './queue_kit.mjs';

const KILLS = 20;
const TINY = ['--model', 'fer-shallow', '--filters', '4', '--dense', '8', '--data', 'synthetic:28'];
const { values, positionals } = scriptOptions(import.meta.url, {
  options: { seed: { type: 'number', whole: true, least: 0, default: 1 } },
  allowPositionals: true,
});
const parts = positionals.length > 0 ? positionals : ['throughput', 'kills'];

const program = REDIS_SERVERS.find((name) => spawnSync(name, ['--version']).status === 0);
if (program === undefined) throw new Error('no redis-server; npm run setup -- --redis');
const folder = mkdtempSync(join(tmpdir(), 'fer-tui-bench-queue-'));
const port = await freePort();
const server = spawn(
  program,
  ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder],
  {
    stdio: 'ignore',
  },
);
const url = `redis://127.0.0.1:${port}`;
try {
  console.log(`${cpus().length} x ${cpus()[0]?.model}, Node ${process.versions.node}`);
  if (parts.includes('throughput')) await throughput();
  if (parts.includes('kills')) await kills();
} finally {
  server.kill();
  rmSync(folder, { recursive: true, force: true });
}

/** The rates are what it is all for; the values of a space of so many trials are written to a file. */
function space(trials) {
  const path = join(folder, `space${trials}.yaml`);
  const rates = Array.from({ length: trials }, (_, i) => 0.0005 * (i + 1));
  writeFileSync(path, `space:\n  lr: [${rates.join(', ')}]\n`);
  return path;
}

/** A search in the folder of a study; extra words may name a queue. */
function search(study, trials, epochs, ...extra) {
  const size = ['--epochs', String(epochs), ...TINY];
  return startCli([
    'search',
    space(trials),
    '--out',
    join(folder, study),
    ...size,
    '--json',
    '--quiet',
    ...extra,
  ]);
}

/** Seconds a trial, from the end of the first trials, when every process is warm, to the end of the last. */
async function pace(started, warm) {
  if ((await started.ended) !== 0) throw new Error(started.output.stderr);
  const ends = started.lines.filter(({ line }) => line.type === 'trial').map(({ at }) => at);
  return (ends.at(-1) - ends[warm - 1]) / (ends.length - warm) / 1000;
}

async function throughput() {
  const trials = 40;
  const alone = await pace(search('alone', trials, 1), 8);
  console.log(`without a queue: ${figure(60 / alone)} trials a minute, ${ms(alone)} a trial`);
  for (const count of [1, 2, 4]) {
    const workers = await Promise.all(Array.from({ length: count }, () => startWorker(url)));
    const each = await pace(search(`by${count}`, trials, 1, '--queue', url), 8);
    const cost = count === 1 ? `, ${ms(each - alone)} of them by the queue` : '';
    console.log(`${count} workers: ${figure(60 / each)} trials a minute, ${ms(each)} a trial${cost}`);
    for (const worker of workers) worker.child.kill('SIGTERM');
    await Promise.all(workers.map(({ ended }) => ended));
  }
}

async function kills() {
  const [trials, epochs] = [24, 80];
  const rng = new Rng(values.seed);
  const alone = search('undisturbed', trials, epochs);
  await alone.ended;
  const start = () => startWorker(url, ['--lease', '4', '--sync', '0']);
  const workers = [await start(), await start()];
  const study = search('disturbed', trials, epochs, '--queue', url);
  await lineOf(study, 'epoch');
  let killed = 0;
  let over = false;
  void study.ended.then(() => {
    over = true;
  });
  while (killed < KILLS && !over) {
    await new Promise((resolve) => setTimeout(resolve, rng.uniform(0, 3000)));
    const victim = rng.uniform(0, 1) < 0.5 ? 0 : 1;
    workers[victim].kill();
    killed++;
    workers[victim] = await start();
  }
  await study.ended;
  for (const worker of workers) worker.child.kill('SIGTERM');
  const [whole, parts] = ['undisturbed', 'disturbed'].map((name) => outcome(join(folder, name)));
  const same = whole.filter((trial, i) => JSON.stringify(trial) === JSON.stringify(parts[i])).length;
  const counted = completions(join(folder, 'disturbed'));
  const twice = counted.filter((count) => count > 1).length;
  const lost = trials - counted.filter((count) => count > 0).length;
  console.log(
    `${killed} SIGKILLs during ${trials} trials: ${lost} lost, ${twice} counted twice, ` +
      `${same} of ${trials} with the same bits as without kills`,
  );
}

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = probe.address();
      probe.close(() => resolve(free));
    });
  });
}

function figure(value) {
  return value.toPrecision(3);
}

function ms(seconds) {
  return `${(1000 * seconds).toFixed(0)} ms`;
}
