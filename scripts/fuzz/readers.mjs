import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { comparisonText, readResult } from '../../dist/cli/commands/bench.js';
import { readFerplus } from '../../dist/data/ferplus.js';
import { decodePicture } from '../../dist/data/image.js';
import { readLabels } from '../../dist/data/labels_file.js';
import { loadSource } from '../../dist/data/load.js';
import { readChoices } from '../../dist/gpu/tuning_table.js';
import { readProbabilities } from '../../dist/noise/probabilities_file.js';
import { claimFolder } from '../../dist/noise/provenance.js';
import { parseSpace, readSpace } from '../../dist/study/space.js';
import { findStudy, studyJson } from '../../dist/study/studies.js';
import { loadCheckpoint } from '../../dist/train/checkpoint.js';
import { readConfigFile } from '../../dist/train/config_file.js';
import { readEnsembleFile } from '../../dist/train/ensemble_file.js';
import { isLocked, readRunSettings } from '../../dist/train/run_folder.js';
import { findRun, historyCsv, progressText } from '../../dist/train/runs.js';
import { verify } from '../../dist/train/verify.js';
import { openModel, openNetwork } from '../../dist/train/weights.js';
import { CLASS_NAMES } from '../../dist/util/classes.js';
import { signFaces, signPng, signSafetensors, signTar, signZip } from './sign.mjs';

const picture = {
  read: async (path, bytes) => {
    const { width, height, channels, data } = await decodePicture(bytes, path);
    if (width < 1 || height < 1 || data.length !== width * height * channels)
      throw new Error('pixels are missing');
  },
};

/** Data sets: what was read has to hang together. */
const data = (extension, more) => ({
  extension,
  ...more,
  read: async (path) => {
    const { splits, classes } = await loadSource(path, { cacheDir: false });
    for (const { labels, images } of Object.values(splits)) {
      if (labels.some((label) => label >= classes.length)) throw new Error('a label without a class');
      if (images.length !== labels.length * 48 * 48) throw new Error('images of another number than labels');
    }
  },
});

const model = (extension, more) => ({
  extension,
  ...more,
  read: async (path) => {
    const { weights, preprocess } = await openModel(path, { preprocess: 'scale255', onlyMissing: true });
    return { weights, preprocess };
  },
});

/** A folder, of which the bytes are one file. */
const inFolder = (name, read, others = {}) => ({
  read: (folder, bytes) => {
    for (const [other, text] of Object.entries({ ...others, [name]: bytes }))
      writeFileSync(join(folder, other), text);
    return read(folder);
  },
});

/** A text as the header of a .safetensors file, with as many bytes of numbers as it names, 40,000 at most. */
function asHeader(text) {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const ends = [...text.toString('latin1').matchAll(/"data_offsets":\[\d+,(\d+)\]/g)].map(([, end]) =>
    Number(end),
  );
  return Buffer.concat([length, text, Buffer.alloc(Math.min(40_000, Math.max(0, ...ends)))]);
}

/** Class folders with pictures of no bytes: a line for each path. */
async function tree(folder, bytes) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const line of bytes.toString('latin1').split('\n').slice(0, 200)) {
    const path = join(folder, join('/', line.replaceAll('\0', '')).slice(0, 200));
    try {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, PIXEL);
    } catch {
      // a file stands where a folder has to be
    }
  }
  return data('').read(folder);
}
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==',
  'base64',
);

/**
 * Every kind of file that anybody may give to the program, the slow ones last, with `read(path, bytes)`, which throws, or
 * returns what it accepted with all its numbers. Without an extension, the path is a folder. `mend` makes checksums fit, in
 * half of the files; `pack` makes the file of what is changed.
 */
export const KINDS = {
  png: { ...picture, extension: '.png', mend: signPng },
  jpeg: { ...picture, extension: '.jpg' },
  bmp: { ...picture, extension: '.bmp' },
  gif: { ...picture, extension: '.gif' },
  webp: { ...picture, extension: '.webp' },
  tiff: { ...picture, extension: '.tiff' },
  csv: data('.csv'),
  tree: { read: tree },
  zip: data('.zip', { mend: signZip }),
  tar: data('.tar', { mend: signTar }),
  'tar.gz': data('.tar.gz', { pack: (bytes) => gzipSync(bytes, { level: 1 }) }),
  gzip: data('.csv.gz'),
  faces: data('.faces', { mend: signFaces }),
  labels: { extension: '.csv', read: (path) => void readLabels(path, CLASS_NAMES) },
  probabilities: { extension: '.csv', read: (path) => readProbabilities(path, 3, CLASS_NAMES) },
  ferplus: { extension: '.csv', read: (path) => readFerplus(path, CLASS_NAMES) },
  safetensors: model('.safetensors', { mend: signSafetensors }),
  header: model('.safetensors', { pack: asHeader }),
  checkpoint: { extension: '.safetensors', read: loadCheckpoint, mend: signSafetensors },
  state: { extension: '.safetensors', read: loadCheckpoint, pack: asHeader },
  architecture: { extension: '.json', read: async (path) => void (await openNetwork(path)) },
  ensemble: { extension: '.json', read: readEnsembleFile },
  settings: { extension: '.yaml', read: readConfigFile },
  space: {
    extension: '.yaml',
    read: (path) => {
      const { settings, parameters } = readSpace(path);
      return { settings, ...parseSpace(parameters, settings, path) };
    },
  },
  study: inFolder('study.yaml', (folder) => void studyJson(findStudy(folder))),
  trials: inFolder('trials.ndjson', (folder) => void studyJson(findStudy(folder)), {
    'study.yaml':
      'version: 1\nkind: search\ncreated: x\nmethod: tpe\ntrials: 9\nseed: 1\npruner: none\nminEpochs: 1\nreduction: 3\nobjective: val_acc\nsettings: {epochs: 9}\nspace: {lr: [1, 2]}\n',
  }),
  log: inFolder('events.ndjson', (folder) => {
    const run = findRun(folder);
    void [historyCsv(run), progressText(run)];
  }),
  config: inFolder('config.json', (folder) => readRunSettings(folder)),
  lock: inFolder('lock', (folder) => void isLocked(folder)),
  provenance: inFolder('made-with.json', (folder) => {
    mkdirSync(join(folder, 'fold-1'), { recursive: true });
    claimFolder(folder, { folds: 5, content: 'a' });
  }),
  benchmark: { extension: '.json', read: (path) => void comparisonText(readResult(path), readResult(path)) },
  tuning: { extension: '.json', read: readChoices },
  verify: {
    extension: '.json',
    read: async (path) => void (await verify(path)),
  },
  avif: { ...picture, extension: '.avif' },
  onnx: model('.onnx'),
  h5: model('.h5'),
  keras: model('.keras', { mend: signZip }),
};
