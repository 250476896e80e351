import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { readH5Tree } from '../../src/formats/hdf5.js';
import { encodeH5, type NewH5Group, putGroup, putNumbers } from '../../src/formats/hdf5_writer.js';
import { toKeras } from '../../src/formats/keras_architecture.js';
import { toOnnx } from '../../src/formats/onnx.js';
import { isJson, refuseOtherKinds } from '../../src/formats/other_kinds.js';
import { encodeSafetensors } from '../../src/formats/safetensors.js';
import { buildModel } from '../../src/nn/models.js';
import { readEnsembleFile } from '../../src/train/ensemble_file.js';
import { verify } from '../../src/train/verify.js';
import { openNetwork, openWeights } from '../../src/train/weights.js';
import { RunError } from '../../src/util/errors.js';
import { newFolder, writeKeras2 } from '../helpers/keras_files.js';
import { randomWeights } from '../helpers/networks.js';

const network = buildModel('fer-shallow');
const zip = (...names: string[]) =>
  zipSync(Object.fromEntries(names.map((name) => [name, Buffer.from('x')])));
const text = (content: string) => Buffer.from(content);
const numbers = new Map(['a', 'b', 'c'].map((name) => [name, { shape: [1], data: Float32Array.of(1) }]));
const TORCH_KNOWN = Buffer.from('80028a0a6cfc9c46f9206aa850192e', 'hex');
const GRAPH = Buffer.from('0801120a0a08736f6d657468696e', 'hex');
const EXPORTED =
  'fer-tui reads ONNX: load the network in PyTorch, export it there (torch.onnx.export), and give that file';
const UNPACK = 'unpack it, and give the file in it';
const CHECKPOINT = 'a part of a checkpoint of TensorFlow, which holds weights without their network';
const AGAIN = 'open it where it was made, and save it as .keras or .h5 (model.save("model.keras"))';

/** What people have in place of a model, and what is said of it. */
const CASES: readonly [what: string, bytes: Uint8Array, message: string][] = [
  ['nothing', new Uint8Array(0), 'an empty file: a copy or download of it did not finish; get it again'],
  [
    'a pointer of Git LFS',
    text('version https://git-lfs.github.com/spec/v1\noid sha256:63\nsize 240445236\n'),
    'a Git LFS pointer, which stands for a file of 240.4 MB that is stored elsewhere; get it with "git lfs pull" in its repository',
  ],
  [
    'a page',
    text('\n\n  <!DOCTYPE html>\n<html>'),
    'an HTML page, not a model: a page about the file was saved in its place; download the file itself ("Raw" or "Download")',
  ],
  [
    'a page behind a comment',
    text('\uFEFF<!-- saved -->\n<HTML lang="en">'),
    'an HTML page, not a model: a page about the file was saved in its place; download the file itself ("Raw" or "Download")',
  ],
  [
    'TensorFlow Lite',
    text('\x1c\0\0\0TFL3\x14\0'),
    'a model of TensorFlow Lite, which is made for inference alone; take the Keras model that it was converted from (.keras, .h5)',
  ],
  ['torch.save', zip('archive/data.pkl', 'archive/data/0'), `a file of PyTorch (torch.save); ${EXPORTED}`],
  ['TorchScript', zip('m/data.pkl', 'm/constants.pkl'), `a file of PyTorch (TorchScript); ${EXPORTED}`],
  ['torch.save of old', TORCH_KNOWN, `a file of PyTorch (torch.save before version 1.6); ${EXPORTED}`],
  [
    'a pickle',
    Buffer.from('80049504000000', 'hex'),
    'a pickle of Python, which runs code when it is opened: fer-tui opens none; load it in the Python that you trust it in, and save the model as .keras or .h5',
  ],
  ...[
    '(lp0\nI1\na.',
    '(dp0\nVa\np1\n(lp2\nI1\nas.',
    'cnumpy._core.multiarray\n_reconstruct\np0\n.',
    '}q\0.',
  ].map((content): [string, Uint8Array, string] => [
    `a pickle of an old protocol, ${JSON.stringify(content.slice(0, 6))}`,
    text(content),
    'a pickle of Python, which runs code when it is opened: fer-tui opens none; load it in the Python that you trust it in, and save the model as .keras or .h5',
  ]),
  [
    'a zipped SavedModel',
    zip('m/saved_model.pb', 'm/variables/variables.index'),
    `a zip around a SavedModel of TensorFlow, which holds a graph of operations rather than layers; ${AGAIN}`,
  ],
  [
    'the graph of a SavedModel',
    GRAPH,
    `the graph in a SavedModel of TensorFlow, which holds a graph of operations rather than layers; ${AGAIN}`,
  ],
  ['a zip', zip('README', 'best.h5'), 'a zip around best.h5; unpack it, and give that file'],
  ['a zip of another', zip('m/face.onnx'), 'a zip around m/face.onnx; unpack it, and give that file'],
  ...Object.entries({
    ...{ gzip: '1f8b0800', bzip2: '425a683931', xz: 'fd377a585a00' },
    ...{ zstd: '28b52ffd24', '7z': '377abcaf271c00', rar: '526172211a0700' },
  }).map(([packer, hex]): [string, Uint8Array, string] => [
    `a file packed with ${packer}`,
    Buffer.from(hex, 'hex'),
    `a file packed with ${packer}; ${UNPACK}`,
  ]),
  ['a tar archive', text(`${'model.h5'.padEnd(257, '\0')}ustar\0`), `a tar archive; ${UNPACK}`],
  [
    'an array of NumPy',
    Buffer.from('\x93NUMPY', 'latin1'),
    `arrays of NumPy, without the network that they belong to; ${AGAIN}`,
  ],
  [
    'arrays of NumPy',
    zip('w.npy', 'b.npy'),
    `arrays of NumPy, without the network that they belong to; ${AGAIN}`,
  ],
  ['the list of a checkpoint', text('model_checkpoint_path: "m-1"\n'), `${CHECKPOINT}; ${AGAIN}`],
  ['the index of a checkpoint', Buffer.from('000057fb808b247547db', 'hex'), `${CHECKPOINT}; ${AGAIN}`],
  [
    'GGUF',
    text('GGUF\x03\0\0\0'),
    'a GGUF file, the form of language models; give a network that classifies images, as .h5, .keras or .onnx',
  ],
  ...['404: Not Found', '403 Forbidden\n', '{"message": "Not Found", "status": "404"}'].map(
    (words): [string, Uint8Array, string] => [
      `what a server says, ${words.trim()}`,
      text(words),
      'the message of a server, not a model: it stands in the place of a file that was not found or not given; download that again',
    ],
  ),
  ['an empty zip', Buffer.from(`504b0506${'00'.repeat(18)}`, 'hex'), 'an empty zip; get the file again'],
  [
    'the message of a server, as XML',
    text('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'),
    'an XML file, not a model: perhaps the message of a server in its place; download the file itself',
  ],
  [
    'TensorFlow.js',
    text('{"modelTopology":{},"weightsManifest":[]}'),
    'a model of TensorFlow.js; convert it: tensorflowjs_converter --input_format tfjs_layers_model --output_format keras model.json model.h5',
  ],
  [
    'safetensors of PyTorch',
    encodeSafetensors(numbers, { format: 'pt' }),
    `a .safetensors file of another program, with weights (a, b, ...) but without the network that they belong to; ${EXPORTED}`,
  ],
];

describe('files that are no model of ours or of Keras', () => {
  it.each(CASES)('%s: named by content, by every reader', async (_, bytes, message) => {
    const folder = newFolder();
    for (const name of ['m.h5', 'm.keras', 'm.safetensors', 'm.json']) {
      const path = join(folder, name);
      writeFileSync(path, bytes);
      await expect(openWeights(path)).rejects.toThrow(new RunError(`${path}: ${message}`));
      await expect(openNetwork(path)).rejects.toThrow(new RunError(`${path}: ${message}`));
      expect(await verify(path)).toEqual([{ path, state: 'damaged', why: message }]);
    }
  });

  it.each([
    ['a .safetensors file of ours', encodeSafetensors(numbers, { format: 'fer-tui 3' })],
    ['one without weights', encodeSafetensors(new Map(), {})],
    ['a .keras file', zip('config.json', 'model.weights.h5', 'metadata.json')],
    ['half a zip', zip('m/data.pkl').subarray(0, 40)],
    ['HDF5', text('\x89HDF\r\n\x1a\n')],
    ['an ONNX model', toOnnx(network, randomWeights(network))],
    ['half an ONNX model', toOnnx(network, randomWeights(network)).subarray(0, 3000)],
    ['a few bytes', Uint8Array.of(8, 1, 99)],
    ['any text', text('A model of faces.')],
  ])('%s is not taken for another kind', (_, bytes) => {
    expect(() => refuseOtherKinds(bytes, 'm')).not.toThrow();
  });

  it('as folders: a SavedModel, one of TensorFlow.js, any other', async () => {
    const folder = join(newFolder(), 'model');
    mkdirSync(folder);
    await expect(openNetwork(folder)).rejects.toThrow(`cannot read weights ${folder}: it is a folder`);
    const json = join(folder, 'model.json');
    writeFileSync(json, '{}');
    await expect(openNetwork(folder)).rejects.toThrow(
      `${folder}: a folder; give a file in it, such as ${json}`,
    );
    writeFileSync(join(folder, 'saved_model.pb'), GRAPH);
    await expect(openNetwork(folder)).rejects.toThrow(
      `${folder}: the folder of a SavedModel of TensorFlow, which holds a graph of operations rather than layers; ${AGAIN}`,
    );
  });

  it.each([
    ['Convolution2D', { name: 'convolution2d_1', batch_input_shape: [null, 48, 48, 1] }],
    ['Dense', { name: 'dense_1', output_dim: 7, input_shape: [4] }],
  ])('as architectures of Keras 1, whose classes or options have other names: %s', async (kind, config) => {
    const path = join(newFolder(), 'model.json');
    writeFileSync(path, JSON.stringify({ class_name: 'Sequential', config: [{ class_name: kind, config }] }));
    await expect(openNetwork(path)).rejects.toThrow(
      `${path}: a model of Keras 1 (its layer "${config.name}" is a ${kind}), whose layers have other names and options; open it in Keras 2.0 to 2.3 and save it again`,
    );
  });
});

describe('an architecture in JSON', () => {
  const json = JSON.stringify(toKeras(network));

  it.each([
    ['as it is', ''],
    ['white space', ' \r\n\t'],
    ['a byte order mark', '\uFEFF'],
    ['both', '\uFEFF\n'],
  ])('opens with %s in front', async (_, front) => {
    const path = join(newFolder(), 'model.json');
    writeFileSync(path, front + json);
    expect((await openNetwork(path)).summary()).toEqual(network.summary());
  });

  it('is told from a .safetensors file whose length begins like it', () => {
    expect(isJson(text(' {"class_name":'))).toBe(true);
    expect(isJson(text(' {\0\0\0\0\0\0{"a":'))).toBe(false);
  });

  it('in place of weights is told to be none', () => {
    const path = join(newFolder(), 'model.json');
    writeFileSync(path, json);
    expect(() => readEnsembleFile(path)).toThrow(
      `${path}: the architecture of a network, without weights; give the file with its weights, and this one as --model`,
    );
  });

  it('completes a file that holds only weights, for a summary too, and no other', async () => {
    const folder = newFolder();
    const [model, weights, whole] = ['model.json', 'w.h5', 'whole.h5'].map((name) => join(folder, name)) as [
      ...[string, string, string],
    ];
    writeFileSync(model, json);
    await writeKeras2(weights, network, randomWeights(network));
    await writeKeras2(whole, network, randomWeights(network), { config: toKeras(network) });
    const foreign = { architecture: model };
    expect((await openNetwork(weights, foreign)).summary()).toEqual(network.summary());
    expect(await verify(weights, foreign)).toMatchObject([{ state: 'readable' }]);
    for (const path of [model, whole]) {
      await expect(openNetwork(path, foreign)).rejects.toThrow(
        `${path}: the file contains its own network; --model is only for files that hold nothing but weights: leave it out`,
      );
    }
  });
});

it('an HDF5 file of other things is told to hold no weights', async () => {
  const folder = newFolder();
  const [data, empty] = ['faces.h5', 'empty.h5'].map((name) => join(folder, name)) as [string, string];
  const fill = (root: NewH5Group): void => {
    putNumbers(root, 'x_train', new Float32Array(8), [2, 4]);
    putNumbers(root, 'y_train', new Float32Array(2), [2]);
    putGroup(root, 'test');
  };
  writeFileSync(data, await encodeH5(fill));
  writeFileSync(empty, await encodeH5(() => undefined));
  const model = join(folder, 'model.json');
  writeFileSync(model, JSON.stringify(toKeras(network)));
  for (const foreign of [{}, { architecture: model }]) {
    await expect(openNetwork(data, foreign)).rejects.toThrow(
      `${data}: an HDF5 file with the group test, the array x_train [2, 4], the array y_train [2], but without a model or weights of Keras; give the file that model.save() wrote`,
    );
    await expect(openNetwork(empty, foreign)).rejects.toThrow(
      `${empty}: an HDF5 file with nothing in it, but`,
    );
  }
});

it('weights of 16 bits, as h5py stores them, are read as the same numbers', async () => {
  const file = gunzipSync(
    Buffer.from(
      'H4sIAKCIC2sC/+v0cHHj5ZLiYubgYICB/1AgABUygIo/jptT5u/hEsSksKCDOxsZVzAJIWuEAS4mBkYGBjZBBiDFlpGYU5ZafBhqFhsfSJA5KTP9PCNUyJCBdGAvva4V7CRGBkZGFQYGJiZGRiaoHDOURuczizAwCirwQ8UFGLhYGbj4gSxWoGuZuTiAPmFhZIB6nQdm0QKGQQ/0nkp1wcNCBOhvRkRYMCH7XRG/33mgfmeBGbyBYciBFb+ZlzKMglEwCkbBKMADbBgOhJoyMvyvZmCwYzjAAACaKhBUEAgAAA==',
      'base64',
    ),
  );
  const { members } = await readH5Tree(file, 'halves.h5');
  expect(members.get('halves')).toEqual({
    ...{ shape: [2, 3], kind: '<e' },
    data: Float32Array.of(1, -2, 0.333251953125, 2 ** -24, 65504, 0),
  });
});
