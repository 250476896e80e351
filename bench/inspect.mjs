/**
 * Measures what `fer-tui inspect` promises, with the networks in the box: how complete integrated gradients are, that the
 * middle of the loss surface is the loss, how long one face, one live Grad-CAM and the embedding of all faces take.
 *   npm run bench:inspect                       on drawn faces
 *   npm run bench:inspect -- --data fer2013.csv on a data set; the embedding then is of all its validation faces
 */
import { basename } from 'node:path';
import { loadDataset } from '../dist/data/load.js';
import { openGpu } from '../dist/gpu/device.js';
import { FaceHeat } from '../dist/inspect/face_heat.js';
import { inspect } from '../dist/inspect/inspect.js';
import { incompleteness, integratedGradients } from '../dist/inspect/integrated_gradients.js';
import { lossSurface } from '../dist/inspect/loss_surface.js';
import { Subject } from '../dist/inspect/subject.js';
import { evaluateSplit } from '../dist/train/evaluation.js';
import { weightsPath } from '../dist/train/shipped_models.js';
import { openModel } from '../dist/train/weights.js';
import { scriptOptions } from '../scripts/script_options.mjs';

const { values } = scriptOptions(import.meta.url, { options: { data: { type: 'string' } } });
const data = values.data ?? 'synthetic';
const NETWORKS = ['fer-cnn', 'fer-vgg'];
/** Faces whose integrated gradients are checked, and live faces that are timed. */
const [CHECKED, TIMED] = [20, 50];
const PIXELS = 48 * 48;

const { splits } = await loadDataset(data);
const faces = splits.validation;
const sorted = (numbers) => numbers.toSorted((a, b) => a - b);
const median = (numbers) => sorted(numbers)[Math.floor(numbers.length / 2)];
const seconds = async (body) => {
  const [begin, cpu] = [performance.now(), process.cpuUsage()];
  await body();
  const { user, system } = process.cpuUsage(cpu);
  return `${((performance.now() - begin) / 1000).toFixed(1)} s (${((user + system) / 1e6).toFixed(1)} s CPU)`;
};

const rows = new Map();
const note = (row, value) => rows.set(row, [...(rows.get(row) ?? []), value]);
let adapter = '';
for (const name of NETWORKS) {
  const path = weightsPath(name);
  const gpu = await openGpu();
  adapter = gpu.info.name;
  const saved = await openModel(path);
  const subject = new Subject(gpu, saved, path);

  const found = [];
  for (let i = 0; i < CHECKED; i++) {
    const x = subject.input(faces.images.subarray(i * PIXELS, (i + 1) * PIXELS), 1);
    const baseline = subject.input(new Uint8Array(PIXELS), 1);
    found.push(await integratedGradients(subject, { x, baseline, label: faces.labels[i] }));
  }
  const off = found.map(incompleteness);
  const percent = (share) => `${(100 * share).toFixed(2)} %`;
  note(
    `integrated gradients of ${CHECKED} faces: off the difference of the scores, median`,
    percent(median(off)),
  );
  note('... faces within 1 %', `${off.filter((share) => share <= 0.01).length}`);
  const gaps = found.map(({ sum, difference }) => Math.abs(sum - difference));
  note('... largest distance, in units of the score', Math.max(...gaps).toFixed(3));
  note(
    '... points of the path, median and most',
    `${median(found.map(({ steps }) => steps))}, ${Math.max(...found.map(({ steps }) => steps))}`,
  );

  const some = { images: faces.images.subarray(0, 128 * PIXELS), labels: faces.labels.subarray(0, 128) };
  const surface = await lossSurface(subject, some, 7);
  const { loss } = await evaluateSplit(subject.learner, some, saved.preprocess);
  note(
    'loss surface: middle minus the loss of `evaluate`',
    Math.abs(surface.values[4][4] - loss).toExponential(1),
  );

  const heat = await FaceHeat.open(gpu, saved, path);
  const times = [];
  for (let i = 0; i < TIMED; i++) {
    const data = faces.images.subarray(i * PIXELS, (i + 1) * PIXELS);
    const begin = performance.now();
    await heat.over({ width: 48, height: 48, channels: 1, data }, faces.labels[i]);
    times.push(performance.now() - begin);
  }
  note('live Grad-CAM of a face, median', `${median(times).toFixed(0)} ms`);
  await heat.dispose();
  await subject.dispose();
  gpu.close();

  const options = { weights: path, data, split: 'validation', seed: 7 };
  note(
    'one face, all its methods, kernels compiled before',
    await seconds(() => inspect({ ...options, sample: 1 })),
  );
  note(
    `PCA and UMAP of ${faces.labels.length.toLocaleString('en')} faces`,
    await seconds(() => inspect({ ...options, methods: ['pca', 'umap'] })),
  );
}
console.log(
  `${adapter}; ${basename(data)}\n\n| | ${NETWORKS.map((name) => `\`${name}\``).join(' | ')} |\n|---|${'---|'.repeat(NETWORKS.length)}`,
);
for (const [row, cells] of rows) console.log(`| ${row} | ${cells.join(' | ')} |`);
