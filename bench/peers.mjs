/**
 * The same network in other frameworks, measured in turns: every peer is a child process that waits for a line
 * (`train 28 fer-cnn`, `infer 1 fer-vgg`) and answers with one of JSON. One works at a time, round after round, so that whatever else
 * the machine does hits all of them alike; ratios are of medians over the rounds, and `rounds` keeps what each took.
 *
 * TensorFlow.js and ONNX Runtime are fetched into bench/.peers on first use; PyTorch takes part where `python3` (or FER_BENCH_PYTHON)
 * has torch. None is a dependency of the product.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { figure } from '../dist/bench/report.js';
import { summarize } from '../dist/bench/statistics.js';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const FOLDER = here('.peers');
// The first has the others of the core with it, and a script for pages.
const TFJS = ['tfjs', 'tfjs-backend-webgpu', 'tfjs-backend-wasm'].map((name) => `@tensorflow/${name}@4.22.0`);
const PACKAGES = [...TFJS, 'onnxruntime-node@1.30.0'];
const WORK = [
  ...['train 28', 'train 64', 'infer 28', 'infer 1'].map((job) => `${job} fer-cnn`),
  ...['train 28', 'infer 28'].map((job) => `${job} fer-vgg`),
];

export async function benchPeers({ rounds, filter = '', log }) {
  const peers = available(log);
  const results = [];
  const versions = {};
  try {
    for (const work of WORK.filter((name) => name.includes(filter))) {
      const samples = new Map();
      for (let round = 0; round < rounds; round++) {
        for (const peer of peers) {
          // A peer that needs minutes for a step is asked once.
          if (round > 0 && !(samples.get(peer.name)?.at(-1) < 20_000)) continue;
          log(`${work}: ${peer.name}, round ${round + 1} of ${rounds}`);
          const answer = await peer.ask(work);
          versions[peer.name] ??= answer.version;
          if (answer.ms !== undefined) samples.set(peer.name, [...(samples.get(peer.name) ?? []), answer.ms]);
          else if (round === 0) results.push({ work, peer: peer.name, note: answer.note });
        }
      }
      const batch = Number(work.split(' ')[1]);
      for (const [peer, list] of samples) {
        const ms = summarize(list);
        results.push({ work, peer, ms, imgPerS: (1000 * batch) / ms.median, rounds: list });
      }
    }
  } finally {
    for (const peer of peers) peer.stop();
  }
  return { results, versions };
}

function available(log) {
  const ours = (name, ...options) => child(name, ['node', here('peers/fer_tui.mjs'), ...options]);
  const peers = [ours('fer-tui'), ours('fer-tui, mixed_float16', 'mixed_float16')];
  const torch = pythonWith('torch');
  if (torch === undefined)
    console.error('PyTorch: no python3 with torch here (pip install torch, or FER_BENCH_PYTHON=PATH)');
  else {
    const pytorch = (name, ...options) =>
      child(`PyTorch CPU${name}`, [torch, here('peers/torch_peer.py'), ...options]);
    peers.push(pytorch(''), pytorch(', channels last', 'channels_last'));
    peers.push(pytorch(', compiled', 'compiled'));
    peers.push(pytorch(', compiled, channels last', 'compiled', 'channels_last'));
  }
  const keras = pythonWith('keras, tensorflow');
  if (keras === undefined)
    console.error(
      'Keras: no python3 with it here (pip install keras tensorflow-cpu, or FER_BENCH_PYTHON=PATH)',
    );
  else {
    peers.push(child('Keras CPU', [keras, here('peers/keras_peer.py')]));
    peers.push(child('Keras CPU, XLA', [keras, here('peers/keras_peer.py'), 'xla']));
  }
  if (fetched(log)) {
    const tfjs = (name, ...options) =>
      child(`TensorFlow.js ${name}`, ['node', here('peers/tfjs.mjs'), ...options]);
    peers.push(
      tfjs('WebGPU', 'webgpu'),
      tfjs('WebGPU, no spinning', 'webgpu', 'sleepy'),
      tfjs('WASM', 'wasm'),
      child('ONNX Runtime CPU', ['node', here('peers/onnx.mjs')]),
    );
  } else console.error('TensorFlow.js, ONNX Runtime: npm could not fetch them');
  return peers;
}

/** The first Python here that can import these modules; undefined: none. */
function pythonWith(modules) {
  const pythons = [process.env.FER_BENCH_PYTHON ?? 'python3', '/usr/bin/python3'];
  return pythons.find((program) => spawnSync(program, ['-c', `import ${modules}`]).status === 0);
}

function fetched(log) {
  const there = (name) => existsSync(`${FOLDER}/node_modules/${name}`);
  const all = ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm', 'onnxruntime-node'];
  if (all.every(there)) return true;
  log('fetching TensorFlow.js and ONNX Runtime (300 MB)');
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(`${FOLDER}/package.json`, '{ "private": true }\n');
  const npm = ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...PACKAGES];
  return spawnSync('npm', npm, { cwd: FOLDER }).status === 0;
}

/** A peer's process, started at its first question. */
function child(name, [program, ...args]) {
  let process_;
  let answers;
  let complaint = 'it said nothing';
  return {
    name,
    async ask(work) {
      if (process_ === undefined) {
        process_ = spawn(program, args, { stdio: 'pipe' });
        answers = createInterface({ input: process_.stdout })[Symbol.asyncIterator]();
        process_.stdin.on('error', () => {}); // it has stopped: the answer says so
        createInterface({ input: process_.stderr }).on('line', (line) => {
          if (/error/i.test(line)) complaint = line.slice(0, 120);
        });
      }
      process_.stdin.write(`${work}\n`);
      for (;;) {
        const { value, done } = await answers.next();
        if (done) return { note: `stopped without an answer: ${complaint}` };
        if (value.startsWith('{')) return JSON.parse(value);
      }
    },
    stop: () => process_?.kill(),
  };
}

export function peerTable(results) {
  const ours = new Map(results.filter(({ peer }) => peer === 'fer-tui').map((r) => [r.work, r.imgPerS]));
  return {
    head: ['work and batch', 'peer', 'img/s', 'ms', 'ours / theirs'],
    rows: results.map((r) =>
      r.ms === undefined
        ? [r.work, r.peer, '-', '-', r.note]
        : [
            r.work,
            r.peer,
            figure(r.imgPerS),
            figure(r.ms.median),
            `${figure((ours.get(r.work) ?? NaN) / r.imgPerS)}x`,
          ],
    ),
  };
}
