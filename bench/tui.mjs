import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { iterm2Image, kittyImage } from '../dist/tui/paint/graphics.js';
import { Terminal } from '../scripts/terminal.mjs';
import { hourOfEvents } from './hour_of_events.mjs';

/**
 * How quick the terminal UI is while `fer-cnn` trains on the same cores: keys, frames, its own share of a core, its
 * memory, and the times to the first screen and to `--help`. `npm run bench:tui`; about three minutes. Linux only (reads /proc).
 */
const CLI = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const cwd = mkdtempSync(join(tmpdir(), 'fer-tui-bench-'));
const TRAINING = [
  'train',
  '--data',
  'synthetic:2800',
  '--model',
  'fer-cnn',
  '--epochs',
  '1000',
  '--log-every',
  '1',
];
const KEYS = 100;
const SECONDS = 20;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const quantile = (values, q) => [...values].sort((a, b) => a - b)[Math.floor(q * (values.length - 1))];
const rows = [];
const row = (what, figure, goal, ok) => rows.push([what, figure, goal, ok ? 'yes' : 'NO']);

/** Seconds of a core that a process has used. */
function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Share of a core and frames a second, over some time. */
async function watch(terminal) {
  const [cpu, frames] = [cpuSeconds(terminal.pid), terminal.raw.length];
  await sleep(SECONDS * 1000);
  const written = terminal.raw.slice(frames).split('\x1b[?2026h').length - 1;
  return { share: (cpuSeconds(terminal.pid) - cpu) / SECONDS, fps: written / SECONDS };
}

async function help() {
  const times = Array.from({ length: 10 }, () => {
    const begin = performance.now();
    execFileSync(process.execPath, [CLI, '--help']);
    return performance.now() - begin;
  });
  const p50 = quantile(times, 0.5);
  row('fer-tui --help, median of 10', `${p50.toFixed(0)} ms`, '< 300 ms', p50 < 300);
}

/** From the start of the program to its first screen. */
async function firstPaint() {
  const times = [];
  for (let i = 0; i < 10; i++) {
    const begin = performance.now();
    const terminal = new Terminal(process.execPath, [CLI], { cwd, env: { NODE_ENV: 'production' } });
    await terminal.waitFor('Train a new model');
    times.push(performance.now() - begin);
    terminal.press('q');
    await terminal.exited;
  }
  const p50 = quantile(times, 0.5);
  row('first screen, median of 10', `${p50.toFixed(0)} ms`, '< 500 ms', p50 < 500);
}

/** A frame of the camera as pixels, for terminals that take them: smooth with noise, which deflates little. */
function images() {
  const [width, height] = [320, 240];
  const value = (i) => (i % width) / 3 + 100 + 8 * Math.random();
  const picture = {
    width,
    height,
    channels: 3,
    data: Uint8Array.from({ length: width * height * 3 }, (_, i) => value(i / 3)),
  };
  for (const [name, encode] of [
    ['Kitty', () => kittyImage(picture, { cols: 64, rows: 24 }, 1)],
    ['iTerm2', () => iterm2Image(picture, { cols: 64, rows: 24 })],
  ]) {
    const times = Array.from({ length: 100 }, () => {
      const begin = performance.now();
      encode();
      return performance.now() - begin;
    });
    const p95 = quantile(times, 0.95);
    const size = `${Math.round(encode().length / 1024)} KiB`;
    const figure = `${quantile(times, 0.5).toFixed(1)} ms, p95 ${p95.toFixed(1)} ms, ${size}`;
    row(`320 x 240 pixels for ${name}, median of 100`, figure, 'p95 < 33 ms', p95 < 33);
  }
}

/** The screen of a training that goes on in its own engine. */
async function live() {
  const terminal = new Terminal(process.execPath, [CLI, ...TRAINING], {
    cwd,
    env: { NODE_ENV: 'production' },
  });
  await terminal.waitFor(/TRAINING ep/, 120_000);
  await terminal.waitFor(/ETA \d/, 120_000);
  const times = [];
  for (let i = 0; i < KEYS; i++) {
    terminal.press('T');
    times.push(await terminal.waitFor(i % 2 === 0 ? /epoch +T +V/ : /└0/, 5000));
    await sleep(50);
  }
  const [p50, p95] = [quantile(times, 0.5), quantile(times, 0.95)];
  row(`key to screen, ${KEYS} keys: p50`, `${p50.toFixed(0)} ms`, '', true);
  row('key to screen: p95', `${p95.toFixed(0)} ms`, '< 50 ms', p95 < 50);
  const { share } = await watch(terminal);
  row(
    'UI process, charts of the live training',
    `${(100 * share).toFixed(1)} % of a core`,
    '< 5 %',
    share < 0.05,
  );
  terminal.press('ctrl+c');
  await terminal.exited;
}

/** A replay with a change in every frame, beside a training without a screen. */
async function frames() {
  const training = spawn(process.execPath, [CLI, ...TRAINING, '--no-tui', '--quiet'], {
    ...{ cwd, stdio: 'ignore' },
    env: { ...process.env, NODE_ENV: 'production' },
  });
  const log = join(cwd, 'hour.ndjson');
  writeFileSync(
    log,
    hourOfEvents()
      .map((event) => JSON.stringify(event))
      .join('\n'),
  );
  await sleep(8000); // until it trains
  const args = [CLI, 'tui', 'train', '--replay', log, '--replay-speed', '100'];
  const terminal = new Terminal(process.execPath, args, { cwd, env: { NODE_ENV: 'production' } });
  await terminal.waitFor(/TRAINING ep/);
  const { share, fps } = await watch(terminal);
  row('frames of charts, 100 events/s beside a training', `${fps.toFixed(1)} frames/s`, '>= 10', fps >= 10);
  row('UI process at that rate', `${(100 * share).toFixed(1)} % of a core`, '', true);
  terminal.kill();
  await terminal.exited;
  training.kill('SIGTERM');
  await new Promise((resolve) => training.once('close', resolve));
}

/** The same hour through state, screen and Ink, as fast as it goes: what stays behind on the heap. */
function heap() {
  const script = fileURLToPath(new URL('./tui_heap.mjs', import.meta.url));
  const out = execFileSync(process.execPath, ['--expose-gc', script], {
    env: { ...process.env, NODE_ENV: 'production' },
  });
  const { growth, events, frames: drawn } = JSON.parse(out.toString());
  const what = `heap growth, an hour of events (${events} in ${drawn} frames)`;
  row(what, `${(growth / 1e6).toFixed(1)} MB`, '< 20 MB', growth < 20e6);
}

await help();
await firstPaint();
images();
await live();
await frames();
heap();
const widths = [0, 1, 2].map((i) => Math.max(...rows.map((cells) => cells[i].length)));
for (const cells of rows) console.log(cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  '));
process.exit(rows.every((cells) => cells[3] === 'yes') ? 0 : 1);
