import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as h5wasm from 'h5wasm/node';
import { describe, expect, it } from 'vitest';
import { encodeH5, putGroup, putNumbers, putTexts } from '../../src/formats/hdf5_writer.js';
import { fromKeras, toKeras } from '../../src/formats/keras_architecture.js';
import { readH5 } from '../../src/formats/keras_h5.js';
import type { WeightSpec } from '../../src/nn/layer.js';
import { Learner } from '../../src/nn/learner.js';
import { buildModel } from '../../src/nn/models.js';
import type { Network } from '../../src/nn/network.js';
import type { NamedArray } from '../../src/nn/parameters.js';
import { relativeError } from '../../src/reference/arrays.js';
import { type SavedModel, saveModel } from '../../src/train/model_file.js';
import { openModel, saveH5 } from '../../src/train/weights.js';
import { Rng } from '../../src/util/random.js';
import { describeGpu } from '../helpers/gpu.js';
import { kerasZip, newFolder, writeKeras2, writeNumberedWeights } from '../helpers/keras_files.js';
import { everything, hybrid, miniXception, others, randomWeights } from '../helpers/networks.js';
import { referenceNetwork } from '../helpers/reference_network.js';
import { NESTED } from './keras_nested.js';
import { KERAS_2_0, KERAS_2_9, KERAS_3 } from './keras_samples.js';

const SCALED = { preprocess: 'scale255', classes: ['a', 'b', 'c', 'd', 'e'] } as const;
const sample = fromKeras(KERAS_2_0, 'sample');
const trained = randomWeights(sample);

describe('files of Keras', () => {
  it.each([
    'fixed',
    'variable',
  ] as const)('2, full, names of %s length, are read without the optimiser', async (lists) => {
    const path = join(newFolder(), 'model.h5');
    await writeKeras2(path, sample, trained, { lists, config: KERAS_2_0 });
    const { network, weights } = await openModel(path, SCALED);
    expect(network.summary()).toEqual(sample.summary());
    expect(weights).toEqual(trained);
  });

  it('2, of weights alone, need the model, and go to its layers in order', async () => {
    const folder = newFolder();
    const [path, json] = [join(folder, 'w.h5'), join(folder, 'model.json')];
    await writeKeras2(path, sample, trained, { nameOf: ({ name }, i) => `${name}_${20 + i}` });
    writeFileSync(json, JSON.stringify(KERAS_2_9));
    await expect(openModel(path, SCALED)).rejects.toThrow('give the architecture, too: --model');
    await expect(openModel(path, { architecture: json })).rejects.toThrow('give --preprocess');
    const opened = await openModel(path, { architecture: json, ...SCALED });
    expect(opened.weights).toEqual(trained);
    const wrong = (classes: string[]) => openModel(path, { architecture: json, preprocess: 'none', classes });
    await expect(wrong(['a', 'b'])).rejects.toThrow('has 5 outputs, but there are 2 names');
    await expect(wrong(['a', 'b', 'a', 'c', 'd'])).rejects.toThrow('"a" is named twice');
    await expect(openModel(path, { architecture: path, ...SCALED })).rejects.toThrow(
      'cannot be read as JSON',
    );
  });

  it('and ours, with a network of their own, take no other beside it', async () => {
    const folder = newFolder();
    const json = join(folder, 'model.json');
    writeFileSync(json, JSON.stringify(KERAS_2_9));
    const [full, ours] = [join(folder, 'model.h5'), join(folder, 'best.safetensors')];
    await writeKeras2(full, sample, trained, { config: KERAS_2_0 });
    const classes = ['a', 'b', 'c', 'd', 'e'];
    saveModel(ours, { network: sample, classes, weights: trained, preprocess: { name: 'none' }, notes: {} });
    for (const path of [full, ours]) {
      const opening = openModel(path, { architecture: json, ...SCALED });
      await expect(opening).rejects.toThrow(
        `${path}: the file contains its own network; --model is only for`,
      );
    }
  });

  it('3, .keras, find their weights by class and number', async () => {
    const folder = newFolder();
    const of = (name: string): NamedArray[] =>
      (sample.layers.find((layer) => layer.name === name)?.weights ?? []).map(
        (w) => trained.get(w.name) as NamedArray,
      );
    await writeNumberedWeights(join(folder, 'w.h5'), [
      { folder: 'activation', weights: [] },
      { folder: 'batch_normalization', weights: of('batch_normalization_1') },
      { folder: 'conv2d', weights: of('conv2d_1') },
      { folder: 'conv2d_1', weights: of('conv2d_2') },
      { folder: 'dense', weights: of('dense_1') },
      { folder: 'dropout', weights: [] },
      { folder: 'input_layer', weights: [] },
      { folder: 'separable_conv2d', weights: of('separable_conv2d_1') },
    ]);
    const path = join(folder, 'model.keras');
    writeFileSync(path, kerasZip(KERAS_3, join(folder, 'w.h5')));
    const { network, weights } = await openModel(path, SCALED);
    expect(network.layers.map(({ name }) => name)).toEqual(sample.layers.map(({ name }) => name));
    expect(weights).toEqual(trained);
    // The same layout alone, as model.save_weights('x.weights.h5') leaves it.
    expect((await readH5(join(folder, 'w.h5'), KERAS_3)).weights).toEqual(trained);
    await expect(readH5(join(folder, 'w.h5'), toKeras(miniXception()))).rejects.toThrow(
      'layers/conv2d_1/vars has 2 weights; "conv2d_1" (Conv2D) has 1',
    );
  });

  it('with models as layers hold the weights of these together, trained ones first, or in folders of their own', async () => {
    const path = join(newFolder(), 'w.h5');
    const network = fromKeras(NESTED, 'x');
    const weights = randomWeights(network);
    const own = (name: string) => network.weights.filter((spec) => spec.name.startsWith(`${name}/`));
    const [norm, conv, dense] = [own('base_head_n'), own('base_a'), own('d')];
    const together = [...norm.slice(0, 2), ...conv, ...norm.slice(2)];
    writeFileSync(
      path,
      await encodeH5((file) => {
        putTexts(file, 'layer_names', ['base', 'g', 'd']);
        for (const [name, specs] of [
          ['base', together],
          ['g', []],
          ['d', dense],
        ] as const) {
          const group = putGroup(file, name);
          putTexts(
            group,
            'weight_names',
            specs.map((_, i) => `w${i}`),
          );
          specs.forEach((spec, i) => {
            putNumbers(group, `w${i}`, (weights.get(spec.name) as NamedArray).data, spec.shape);
          });
        }
      }),
    );
    expect((await readH5(path, NESTED)).weights).toEqual(weights);
    const arrays = (specs: readonly WeightSpec[]) =>
      specs.map((spec) => weights.get(spec.name) as NamedArray);
    await writeNumberedWeights(path, [
      { folder: 'dense', weights: arrays(dense) },
      { folder: 'functional/layers/conv2d', weights: arrays(conv) },
      { folder: 'functional/layers/sequential/layers/batch_normalization', weights: arrays(norm) },
    ]);
    expect((await readH5(path, NESTED)).weights).toEqual(weights);
  });

  it.each([
    ['Linux', false],
    ['Windows', true],
  ])('2.12 to 2.15, .keras, saved on %s, count a layer with weights twice', async (_, windows) => {
    const folder = newFolder();
    const of = (name: string): NamedArray[] =>
      (sample.layers.find((layer) => layer.name === name)?.weights ?? []).map(
        (w) => trained.get(w.name) as NamedArray,
      );
    const path = join(folder, 'w.h5');
    const folders = [
      { folder: 'batch_normalization', weights: of('batch_normalization_1') },
      { folder: 'conv2d', weights: of('conv2d_1') },
      { folder: 'conv2d_2', weights: of('conv2d_2') },
      { folder: 'dense', weights: of('dense_1') },
      { folder: 'separable_conv2d', weights: of('separable_conv2d_1') },
    ];
    await writeNumberedWeights(path, folders, '_layer_checkpoint_dependencies', windows);
    expect((await readH5(path, KERAS_3)).weights).toEqual(trained);
    const more = [...folders, { folder: 'conv2d_10', weights: of('conv2d_1') }];
    await writeNumberedWeights(path, more, '_layer_checkpoint_dependencies', windows);
    await expect(readH5(path, KERAS_3)).rejects.toThrow(
      `${path}: _layer_checkpoint_dependencies has weights of 3 layers conv2d; the model has 2`,
    );
  });

  it('that do not fit, or are damaged, are refused with layer and shapes', async () => {
    const path = join(newFolder(), 'w.h5');
    const config = toKeras(sample);
    await writeKeras2(path, sample, trained, { shapeOf: (shape) => [...shape].reverse() });
    await expect(readH5(path, config)).rejects.toThrow(
      'weight "conv2d_1/kernel:0" of layer "conv2d_1" is [4, 1, 3, 3]; the model expects [3, 3, 1, 4]',
    );
    await expect(readH5(path, toKeras(buildModel('fer-cnn')))).rejects.toThrow(
      'weights of 5 layers; the model has 13 with weights',
    );
    writeFileSync(path, readFileSync(path).subarray(0, 4000));
    await expect(readH5(path, config)).rejects.toThrow(
      /w.h5: it cannot be read as an HDF5 file \(.*\); it may be damaged or incomplete/,
    );
    writeFileSync(path, 'no h5');
    await expect(readH5(path)).rejects.toThrow('not an HDF5 file');
    writeFileSync(path, kerasZip(KERAS_3, path).subarray(0, 300));
    await expect(openModel(path, SCALED)).rejects.toThrow('the zip file is cut off or damaged');
  });

  it.each([
    [{ preprocess: 'mean' } as const, 'mean', undefined],
    [SCALED, 'scale255', undefined],
  ])('say what is known of them: %j', async (foreign, name, mean) => {
    const path = join(newFolder(), 'model.h5');
    await writeKeras2(path, sample, trained, { config: KERAS_2_0 });
    const classes = SCALED.classes;
    expect((await openModel(path, { ...foreign, classes })).preprocess).toEqual({ name, mean });
    await expect(openModel(path, { preprocess: 'none' })).rejects.toThrow(
      'has 5 outputs, but there are 7 names',
    );
  });
});

describe('.h5 files that are written', () => {
  const network = buildModel('fer-cnn', { filters: [4, 8], dense: [8] });
  const saved: SavedModel = {
    ...{ network, classes: ['a', 'b', 'c', 'd', 'e', 'f', 'g'], weights: randomWeights(network) },
    ...{ preprocess: { name: 'mean', mean: new Float32Array(48 * 48).fill(99) }, notes: { run: 'r1' } },
  };

  it('come back whole, preprocessing and classes too', async () => {
    const path = join(newFolder(), 'model.h5');
    await saveH5(path, saved);
    const { network: back, ...rest } = await openModel(path);
    const { network: _, ...wanted } = saved;
    expect(rest).toEqual(wanted);
    expect(back.summary()).toEqual(network.summary());
  });

  it.each([
    everything(),
    others(),
    miniXception(),
  ])('$name comes back with its branches', async (branched) => {
    const path = join(newFolder(), 'model.h5');
    const classes = Array.from({ length: branched.outputShape[0] ?? 0 }, (_, i) => `class ${i}`);
    const weights = randomWeights(branched);
    await saveH5(path, { network: branched, classes, weights, preprocess: { name: 'none' }, notes: {} });
    const back = await openModel(path);
    expect(back.network.summary()).toEqual(branched.summary());
    expect(back.weights).toEqual(weights);
  });

  it.each([
    hybrid(),
    hybrid(false),
  ])('with LBP features come back, and with what undoes the preprocessing: %#', async (own) => {
    const path = join(newFolder(), 'model.h5');
    const classes = [...'abcdefg'];
    const mean = Float32Array.from({ length: 16 * 14 }, (_, i) => i / 2);
    const weights = randomWeights(own);
    weights.set('lbp/pixel_mean', { shape: [16, 14], data: mean });
    weights.set('lbp/pixel_scale', { shape: [1], data: Float32Array.of(255) });
    await saveH5(path, { network: own, classes, weights, preprocess: { name: 'mean', mean }, notes: {} });
    const back = await openModel(path);
    expect(back.weights).toEqual(weights);
    expect(back.network.summary()).toEqual(own.summary());
    await h5wasm.ready;
    const file = new h5wasm.File(path, 'r');
    const group = file.get('model_weights') as h5wasm.Group;
    const names = group.attrs['layer_names']?.value as string[];
    expect(names.filter((name) => /_input$|^lbp$/.test(name))).toEqual(
      own.isChain ? ['lbp'] : ['hybrid_input', 'lbp'],
    );
    expect((group.get('lbp') as h5wasm.Group).attrs['weight_names']?.shape).toEqual([0]);
    file.close();
    await expect(openModel(path, { preprocess: 'scale255' })).rejects.toThrow(
      'its LBP features belong to the preprocessing mean of its training; leave out --preprocess',
    );
  });

  it("have Keras 2's groups, names, attributes and kinds of text, field by field", async () => {
    const path = join(newFolder(), 'model.h5');
    const branched = miniXception([64, 64, 1], [4]);
    const weights = randomWeights(branched);
    const classes = ['ä', 'b', 'c', 'd', 'e', 'f', 'g'];
    await saveH5(path, { network: branched, classes, weights, preprocess: { name: 'none' }, notes: {} });
    await h5wasm.ready;
    const file = new h5wasm.File(path, 'r');
    const attr = (of: h5wasm.Group, name: string) => of.attrs[name] as h5wasm.Attribute;
    const VARIABLE = { type: 3, vlen: true, cset: 0 };
    for (const [name, value] of [
      ['keras_version', '2.15.0'],
      ['backend', 'tensorflow'],
    ] as const) {
      for (const of of [file, file.get('model_weights') as h5wasm.Group]) {
        expect(attr(of, name).value).toBe(value);
        expect(attr(of, name).metadata).toMatchObject(VARIABLE);
      }
    }
    expect(attr(file, 'model_config').metadata).toMatchObject(VARIABLE);
    expect(Object.keys(file.attrs).sort()).toEqual(['backend', 'fer_tui', 'keras_version', 'model_config']);
    const { class_name: kind, config } = JSON.parse(String(attr(file, 'model_config').value));
    expect(kind).toBe('Functional');
    expect(config.input_layers).toEqual([['mini_xception_input', 0, 0]]);
    expect(config.output_layers).toEqual([['predictions', 0, 0]]);
    expect(config.layers.find(({ name }: { name: string }) => name === 'add').inbound_nodes).toEqual([
      [
        ['max_pooling2d', 0, 0, {}],
        ['batch_normalization_1', 0, 0, {}],
      ],
    ]);
    expect(config.layers[0]).toEqual({
      class_name: 'InputLayer',
      config: {
        batch_input_shape: [null, 64, 64, 1],
        dtype: 'float32',
        sparse: false,
        name: 'mini_xception_input',
      },
      name: 'mini_xception_input',
      inbound_nodes: [],
    });
    const group = file.get('model_weights') as h5wasm.Group;
    const names = ['mini_xception_input', ...branched.layers.map(({ name }) => name)];
    expect(attr(group, 'layer_names').value).toEqual(names);
    const longest = Math.max(...names.map((name) => name.length));
    expect(attr(group, 'layer_names').metadata).toMatchObject({
      type: 3,
      vlen: false,
      cset: 0,
      size: longest,
    });
    expect(group.keys().sort()).toEqual([...names, 'top_level_model_weights'].sort());
    const written = (layer: string) => attr(group.get(layer) as h5wasm.Group, 'weight_names');
    const order = {
      batch_normalization: ['gamma', 'beta', 'moving_mean', 'moving_variance'],
      separable_conv2d: ['depthwise_kernel', 'pointwise_kernel'],
      conv2d_2: ['kernel', 'bias'],
    };
    for (const [layer, words] of Object.entries(order)) {
      expect(written(layer).value).toEqual(words.map((word) => `${layer}/${word}:0`));
      expect(written(layer).metadata).toMatchObject({ type: 3, vlen: false, cset: 0 });
    }
    for (const layer of ['activation', 'add', 'mini_xception_input', 'top_level_model_weights']) {
      expect([...(written(layer).value as Float64Array)]).toEqual([]);
      expect(written(layer).metadata).toMatchObject({ type: 1, size: 8, shape: [0] }); // an empty list, as numpy has it
    }
    const shapes = {
      'conv2d/conv2d/kernel:0': [3, 3, 1, 4],
      'separable_conv2d/separable_conv2d/depthwise_kernel:0': [3, 3, 4, 1],
      'separable_conv2d/separable_conv2d/pointwise_kernel:0': [1, 1, 4, 4],
      'batch_normalization/batch_normalization/gamma:0': [4],
    };
    for (const [at, shape] of Object.entries(shapes)) {
      const { shape: got, dtype, value } = group.get(at) as h5wasm.Dataset;
      expect([got, dtype]).toEqual([shape, '<f']);
      expect(value).toEqual(weights.get(at.split('/').slice(1).join('/').slice(0, -2))?.data);
    }
    file.close();
  });

  it('cut lists that do not fit into a header, as Keras does', async () => {
    const path = join(newFolder(), 'model.h5');
    const long = 'x'.repeat(3000);
    const branched = miniXception();
    const named = renamed(branched, (name) => `${long}${name}`);
    const classes = [...'abcdefg'];
    await saveH5(path, {
      network: named,
      classes,
      weights: randomWeights(named),
      preprocess: { name: 'none' },
      notes: {},
    });
    await h5wasm.ready;
    const file = new h5wasm.File(path, 'r');
    const { attrs } = file.get('model_weights') as h5wasm.Group;
    expect(Object.keys(attrs).sort()).toEqual(['backend', 'keras_version', 'layer_names0', 'layer_names1']);
    file.close();
    expect((await openModel(path)).network.summary()).toEqual(named.summary());
  });
});

/** The network under other names. */
function renamed(network: Network, nameOf: (name: string) => string): Network {
  const json = JSON.parse(JSON.stringify(toKeras(network)));
  for (const layer of json.config.layers) {
    layer.name = nameOf(layer.name);
    layer.config.name = layer.name;
    for (const ref of layer.inbound_nodes.flat()) ref[0] = nameOf(ref[0]);
  }
  for (const ref of [...json.config.input_layers, ...json.config.output_layers]) ref[0] = nameOf(ref[0]);
  return fromKeras(json, 'renamed');
}

describeGpu('a network out of a file', (gpu) => {
  it.each([
    ['a full .h5', { config: KERAS_2_0 }, undefined],
    ['weights and model.json', {}, KERAS_2_9],
  ])('predicts what float64 says: %s', async (_, options, architecture) => {
    const folder = newFolder();
    const path = join(folder, 'w.h5');
    await writeKeras2(path, sample, trained, options);
    if (architecture) writeFileSync(join(folder, 'm.json'), JSON.stringify(architecture));
    const { network, weights } = await openModel(path, {
      ...SCALED,
      ...(architecture && { architecture: join(folder, 'm.json') }),
    });
    const rng = new Rng(1);
    const images = Float32Array.from({ length: 3 * 120 }, () => rng.float());
    const learner = new Learner(gpu(), network);
    learner.writeWeights(weights);
    const got = await learner.predict(images);
    await learner.dispose();
    const exact = new Map([...trained].map(([name, { data }]) => [name, Float64Array.from(data)]));
    expect(relativeError(got, referenceNetwork(sample, exact, Float64Array.from(images), 3))).toBeLessThan(
      1e-4,
    );
  });
});
