#!/usr/bin/env node
/**
 * How long opening a model file takes, and how much memory, by format (after `npm run build`, in a clone):
 *
 *   node bench/load.mjs [FILE ...] [--megabytes 25] [--rounds 9]
 *
 * Without files: one network of that size in each format that is read. Every time is that of the first file that a process
 * opens; memory is the growth of the process at its highest. A file of another program is opened as if it said what it takes.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scriptOptions } from '../scripts/script_options.mjs';

const { values: options, positionals } = scriptOptions(import.meta.url, {
  allowPositionals: true,
  options: {
    megabytes: { type: 'number', default: 25 },
    rounds: { type: 'number', whole: true, default: 9 },
    one: { type: 'boolean', default: false }, // in a process of its own
  },
});

/** Opens one file, and prints milliseconds and bytes. */
async function openOne(path) {
  const { openWeights } = await import('../dist/train/weights.js');
  const before = process.memoryUsage.rss();
  const begin = performance.now();
  await openWeights(path);
  const ms = performance.now() - begin;
  console.log(JSON.stringify({ ms, bytes: highest() - before }));
}

/** Bytes of the process at its highest. What the system counts for it elsewhere begins with the process that started it. */
function highest() {
  const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'utf8') : '';
  return 1024 * Number(/VmHWM:\s*(\d+)/.exec(status)?.[1] ?? process.resourceUsage().maxRSS);
}

/** One network in every format. Returns the files. */
async function write(folder) {
  const { initialize } = await import('../dist/nn/init.js');
  const { buildModel } = await import('../dist/nn/models.js');
  const { saveModel } = await import('../dist/train/model_file.js');
  const { saveH5 } = await import('../dist/train/weights.js');
  const { CLASS_NAMES } = await import('../dist/util/classes.js');
  const { Rng } = await import('../dist/util/random.js');
  const { toOnnx } = await import('../dist/formats/onnx.js');
  const numbers = (units) => {
    const { trainable, nonTrainable } = buildModel('fer-cnn', { dense: [units] }).summary();
    return trainable + nonTrainable;
  };
  const [few, more] = [numbers(1), numbers(2)];
  const units = Math.max(1, Math.round((options.megabytes * 250_000 - few) / (more - few)) + 1);
  const network = buildModel('fer-cnn', { dense: [units] });
  const random = ({ name, shape, initializer }, i) => [
    name,
    { shape, data: initialize(initializer, shape, new Rng(1, i)) },
  ];
  const weights = new Map(network.weights.map(random));
  const saved = { network, weights, classes: CLASS_NAMES, preprocess: { name: 'scale255' }, notes: {} };
  const [h5, keras, safetensors, onnx] = ['h5', 'keras', 'safetensors', 'onnx'].map((end) =>
    join(folder, `model.${end}`),
  );
  await saveH5(h5, saved);
  writeFileSync(keras, await kerasFile(saved));
  saveModel(safetensors, saved);
  writeFileSync(onnx, toOnnx(network, weights));
  return [h5, keras, safetensors, onnx];
}

/** Keras 3's form, which nothing else here writes: weights are numbered by the class of their layer. */
async function kerasFile({ network, weights }) {
  const { zipSync } = await import('fflate');
  const { encodeH5, putGroup, putNumbers } = await import('../dist/formats/hdf5_writer.js');
  const { toKeras } = await import('../dist/formats/keras_architecture.js');
  const { snakeCase } = await import('../dist/nn/network.js');
  const h5 = await encodeH5((root) => {
    const layers = putGroup(root, 'layers');
    const seen = new Map();
    for (const { layer, weights: specs } of network.layers.filter(({ weights: own }) => own.length > 0)) {
      const base = snakeCase(layer.kind);
      const n = seen.get(base) ?? 0;
      seen.set(base, n + 1);
      const vars = putGroup(putGroup(layers, n === 0 ? base : `${base}_${n}`), 'vars');
      for (const [i, { name, shape }] of specs.entries()) {
        putNumbers(vars, String(i), weights.get(name).data, shape);
      }
    }
  });
  const json = (value) => Buffer.from(JSON.stringify(value));
  const files = {
    'metadata.json': json({ keras_version: '3.0.0' }),
    'config.json': json(toKeras(network)),
    'model.weights.h5': h5,
  };
  return zipSync(files, { level: 0 }); // as Keras does
}

const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];

function measure(path) {
  const script = fileURLToPath(import.meta.url);
  const rounds = Array.from({ length: options.rounds }, () =>
    JSON.parse(execFileSync(process.execPath, [script, path, '--one'], { encoding: 'utf8' })),
  );
  const [ms, bytes] = ['ms', 'bytes'].map((key) => median(rounds.map((round) => round[key])));
  const size = statSync(path).size;
  const megabytes = (n) => `${(n / 1e6).toFixed(1)} MB`;
  const times = rounds.map((round) => round.ms.toFixed(0)).toSorted((a, b) => a - b);
  console.log(
    `${basename(path)}: ${megabytes(size)}, ${ms.toFixed(0)} ms (${times.at(0)} to ${times.at(-1)}), ${megabytes(bytes)} of memory, ${(bytes / size).toFixed(1)} times the file`,
  );
}

for (const path of positionals) statSync(path); // throws for a file that is not there, before the first process
if (options.one) await openOne(positionals[0]);
else {
  const folder = mkdtempSync(join(tmpdir(), 'fer-tui-load-'));
  try {
    for (const path of positionals.length > 0 ? positionals : await write(folder)) measure(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
