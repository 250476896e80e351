import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { unzipSync, zipSync } from 'fflate';
import { PNG } from 'pngjs';
import { encodeFaces } from '../../src/data/faces_file.js';
import { writeLabels } from '../../src/data/labels_file.js';
import { affineOf } from '../../src/data/preprocess.js';
import { drawSyntheticFaces } from '../../src/data/synthetic.js';
import { toKeras } from '../../src/formats/keras_architecture.js';
import { toOnnx } from '../../src/formats/onnx.js';
import { buildModel } from '../../src/nn/models.js';
import { writeProbabilities } from '../../src/noise/probabilities_file.js';
import { writeStudySettings } from '../../src/study/settings.js';
import { saveCheckpoint } from '../../src/train/checkpoint.js';
import { writeEnsembleFile } from '../../src/train/ensemble_file.js';
import { saveModel } from '../../src/train/model_file.js';
import { saveH5 } from '../../src/train/weights.js';
import { CLASS_NAMES } from '../../src/util/classes.js';
import { Hold } from '../../src/util/hold.js';
import { rawTar, TABLE, TREE, tar } from '../archives/fixtures.js';
import { jpg } from '../data/fixtures.js';
import { bgr, bmp, COLOURS, HEIGHT, pixels, WIDTH } from '../data/quarters.js';
import { KERAS_2_0 } from '../formats/keras_samples.js';
import { GRAPHS, type Sample } from '../formats/onnx_graphs.js';
import { fakeEnd, fakeEvents } from '../helpers/events.js';
import { kerasZip, writeKeras2, writeNumberedWeights } from '../helpers/keras_files.js';
import { needs } from '../helpers/needs.js';
import { randomWeights } from '../helpers/networks.js';
import { onnxFile } from '../helpers/onnx_files.js';
import { fakeTrials, STUDY_SETTINGS } from '../helpers/studies.js';

type Seeds = readonly (Uint8Array | string)[];

const network = buildModel('fer-shallow', { filters: [2, 3], dense: [4], classes: 7 });
const weights = randomWeights(network);
const model = {
  ...{ network, weights, classes: CLASS_NAMES, preprocess: { name: 'scale255' } as const },
  notes: { run: 'r1' },
};
const architecture = toKeras(network);

/** What `write` writes into a file, or a folder that it names. */
async function written(extension: string, write: (path: string) => unknown, file = ''): Promise<Uint8Array> {
  const path = join(mkdtempSync(join(tmpdir(), 'fer-tui-seed-')), `seed${extension}`);
  await write(path);
  return readFileSync(join(path, file));
}

/** A picture by sharp; none where it is not installed. */
const bySharp =
  (format: 'gif' | 'webp' | 'tiff' | 'avif' | 'jpeg', options = {}) =>
  async (): Promise<Seeds> => {
    if (needs.sharp.skip) return [];
    const { default: sharp } = await import('sharp');
    const raw = { width: WIDTH, height: HEIGHT, channels: 3 } as const;
    return [await sharp(pixels, { raw }).toFormat(format, options).toBuffer()];
  };

function pngs(): Seeds {
  const picture = new PNG({ width: 12, height: 12 });
  for (let i = 0; i < picture.data.length; i++) picture.data[i] = (i * 7) % 251;
  return [0, 2, 6].map((colorType) => PNG.sync.write(picture, { colorType: colorType as 0 }));
}

/** The header of a .safetensors file: its JSON, without the checksum that would refuse every change. */
async function headerOf(format: string, file: Promise<Uint8Array>): Promise<Seeds> {
  const bytes = Buffer.from(await file);
  const text = bytes.toString('utf8', 8, 8 + Number(bytes.readBigUInt64LE()));
  return [text.replace(/,"sha256":"\w*"/, '').replace(/"format":"[^"]*"/, `"format":"${format}"`)];
}

const saved = (): Promise<Uint8Array> => written('.safetensors', (path) => saveModel(path, model));
const checkpoint = (): Promise<Uint8Array> => {
  const learner = { stepCount: 3, learningRate: 0.1, averaged: 0, weights, optimizer: weights };
  const trainer = {
    ...{ epoch: 1, index: 0, sums: { loss: 0, correct: 0, count: 0 }, rate: 0.1, early: false, seconds: 3 },
    callbacks: { checkpoint: { bestEpoch: 1, bestAcc: 0.3 } },
  };
  return written('.safetensors', (path) => saveCheckpoint(path, learner, trainer));
};

/** A .keras file, not compressed, so that changes get into its content. */
async function kerasFile(): Promise<Uint8Array> {
  const byClass = network.layers.filter((layer) => layer.weights.length > 0);
  const counts = new Map<string, number>();
  const folders = byClass.map(({ layer, weights: specs }) => {
    const name = layer.kind
      .replace(/(?<=[a-z\d])(?=[A-Z])/g, '_')
      .toLowerCase()
      .replace('2_d', '2d');
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    return {
      folder: count === 0 ? name : `${name}_${count}`,
      weights: specs.map((spec) => weights.get(spec.name) ?? { shape: [0], data: new Float32Array(0) }),
    };
  });
  const path = join(mkdtempSync(join(tmpdir(), 'fer-tui-seed-')), 'weights.h5');
  await writeNumberedWeights(path, folders);
  return zipSync(unzipSync(kerasZip(architecture, path)), { level: 0 });
}

const lines = (events: readonly object[]): string =>
  events.map((event) => `${JSON.stringify(event)}\n`).join('');
const CONFIG = {
  model: 'fer-cnn',
  epochs: 5,
  batch: 28,
  lr: 0.001,
  filters: '8,16',
  augment: 'flip',
  seed: 7,
};

/** Graphs for images of other channels than gray or colours are read, but not opened as models. */
const forPictures = ({ graph: { input }, last = false }: Sample): boolean =>
  [1, 3].includes((last ? input.at(-1) : input[0]) ?? 0);

/** Good files of every kind that `npm run fuzz` changes, by the names of its kinds. */
export const SEEDS: Readonly<Record<string, () => Seeds | Promise<Seeds>>> = {
  png: pngs,
  jpeg: async () => [jpg(90, 16, 16), ...(await bySharp('jpeg', { progressive: true })())],
  bmp: () => [
    bmp({ bits: 24, row: bgr }),
    bmp({ bits: 24, header: 12, row: bgr }),
    bmp({ bits: 8, palette: COLOURS, row: () => Buffer.alloc(WIDTH, 1) }),
    bmp({ bits: 16, masks: [0xf800, 0x7e0, 0x1f], row: () => Buffer.alloc(2 * WIDTH, 77) }),
  ],
  ...{ gif: bySharp('gif'), webp: bySharp('webp'), tiff: bySharp('tiff'), avif: bySharp('avif') },
  csv: () => [TABLE, TABLE.replaceAll(',', ';'), TABLE.replaceAll('\n', '\r\n')],
  tree: () => [Object.keys(TREE).join('\n'), 'happy/a.png\nsad/b.png\nsad/c.txt\nREADME.md'],
  zip: () => [
    zipSync({ 'fer2013.csv': Buffer.from(TABLE) }),
    zipSync(TREE, { level: 0 }),
    zipSync({ 'archive/data.zip': zipSync(TREE) }, { level: 0 }),
  ],
  tar: () => [tar(TREE), tar(TREE, ['--format=pax']), rawTar([['fer2013.csv', TABLE]])],
  'tar.gz': () => [rawTar(Object.entries(TREE)), tar(TREE, ['--format=gnu'])],
  gzip: () => [gzipSync(TABLE), gzipSync(tar(TREE))],
  faces: async () => [Buffer.concat(encodeFaces(await drawSyntheticFaces(1, 7)))],
  labels: async () => {
    const place = { split: 'train', index: 3, face: '0123456789ab', was: 0 } as const;
    const decided = { ...place, action: 'relabel', label: 3 } as const;
    return [
      await written('.csv', (path) =>
        writeLabels(path, [decided, { ...place, index: 4, action: 'drop' }], CLASS_NAMES),
      ),
    ];
  },
  probabilities: async () => {
    const even = new Float32Array(21).fill(1 / 7);
    return [await written('.csv', (path) => writeProbabilities(path, [0, 1, 2], even, CLASS_NAMES))];
  },
  ferplus: () => [
    'Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\nTraining,fer0.png,4,0,0,1,3,2,0,0,0,0\nPublicTest,,0,0,0,0,0,0,0,0,0,10\n',
  ],
  safetensors: async () => [await saved()],
  header: () => headerOf('fer-tui 2', saved()),
  checkpoint: async () => [await checkpoint()],
  state: () => headerOf('fer-tui checkpoint 1', checkpoint()),
  architecture: () => [JSON.stringify(architecture), JSON.stringify(KERAS_2_0)],
  ensemble: async () => {
    const members = [
      { weights: 'a.h5', share: 0.5, classes: ['x'], preprocess: 'scale255' as const },
      { weights: 'r1', share: 1 },
    ];
    return [
      await written('.json', (path) =>
        writeEnsembleFile(path, { members, temperature: 1.5, fitted: { x: 1 } }),
      ),
    ];
  },
  settings: () => [
    'epochs: 3\nlr: 0.001\nfilters: [8, 16]\naugment: flip\nmodel: fer-cnn\nbatch: &b 32\nlimit: *b\n',
    JSON.stringify(CONFIG),
  ],
  space: () => [
    'settings: {data: "synthetic:70", epochs: 2}\nspace:\n  optimizer: [adam, sgd]\n  lr: {min: 0.001, max: 0.1, log: true}\n  momentum:\n    - {values: [0, 0.9], when: {optimizer: sgd}}\n',
  ],
  study: async () => [
    await written(
      '',
      (path) => {
        mkdirSync(path);
        writeStudySettings(path, STUDY_SETTINGS);
      },
      'study.yaml',
    ),
  ],
  trials: () => [lines(fakeTrials(6).map((trial) => ({ ...trial, run: `trials/t${trial.number}` })))],
  log: () => [lines([...fakeEvents({ steps: 2 }), ...fakeEnd()])],
  config: () => [JSON.stringify(CONFIG), JSON.stringify({ ...CONFIG, filters: '4', dense: 'none' })],
  lock: async () => [await written('', (path) => new Hold(path))],
  provenance: () => [JSON.stringify({ content: 'a', folds: 5 })],
  benchmark: () => [readFileSync(new URL('../../bench/results/lavapipe-epyc.json', import.meta.url))],
  tuning: () => [JSON.stringify({ format: 1, adapter: 'a', choices: { 'conv2d 3x3': 'winograd4' } })],
  verify: () => [
    JSON.stringify({ format: 'fer-tui ensemble 1', members: [{ weights: 'a.h5' }] }),
    '{"a": 1}',
  ],
  onnx: () => [
    toOnnx(network, weights, { classes: 'a,b,c,d,e,f,g', preprocess: 'scale255' }),
    toOnnx(
      network,
      weights,
      { classes: 'a,b,c,d,e,f,g', preprocess: 'none', preprocess_within: 'minus1to1' },
      { layout: 'nchw', pixels: affineOf({ name: 'minus1to1' }) },
    ),
    ...Object.values(GRAPHS)
      .filter(forPictures)
      .map(({ graph }) => onnxFile(graph)),
  ],
  h5: async () => [
    await written('.h5', (path) => saveH5(path, model)),
    await written('.h5', (path) =>
      writeKeras2(path, network, weights, { config: architecture, lists: 'variable' }),
    ),
  ],
  keras: async () => [await kerasFile()],
};

/** Writes all seeds, as KIND/seeds/N in a folder. */
export async function writeSeeds(folder: string): Promise<void> {
  for (const [kind, seeds] of Object.entries(SEEDS)) {
    const own = join(folder, kind, 'seeds');
    mkdirSync(own, { recursive: true });
    for (const [n, seed] of (await seeds()).entries()) writeFileSync(join(own, String(n)), seed);
  }
}
