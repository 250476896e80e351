import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadDataset } from '../../src/data/load.js';
import { Dissection } from '../../src/learn/dissection.js';
import { explainKernels } from '../../src/learn/kernels.js';
import { STAGES } from '../../src/learn/report.js';
import type { LearnRequest } from '../../src/learn/source.js';
import { walk, walkText } from '../../src/learn/walk.js';
import type { Layer } from '../../src/nn/layer.js';
import {
  Conv2D,
  Dense,
  ELU,
  Flatten,
  GlobalAveragePooling2D,
  MaxPooling2D,
  Softmax,
} from '../../src/nn/layers.js';
import { type Network, Sequential } from '../../src/nn/network.js';
import { loadCheckpoint } from '../../src/train/checkpoint.js';
import { resolveConfig } from '../../src/train/config.js';
import { Control } from '../../src/train/control.js';
import { saveModel } from '../../src/train/model_file.js';
import { runTraining } from '../../src/train/session.js';
import { CLASS_NAMES } from '../../src/util/classes.js';
import { describeGpu } from '../helpers/gpu.js';
import { randomWeights } from '../helpers/networks.js';

/** Whatever `summary` can open can be taken apart; what cannot be opened is told in a sentence. */

const folder = mkdtempSync(join(tmpdir(), 'fer-tui-learn-'));

function saved(network: Network, change: (value: number) => number = (value) => value): string {
  const path = join(folder, `${network.name}.safetensors`);
  const weights = new Map(
    [...randomWeights(network)].map(([name, { shape, data }]) => [name, { shape, data: data.map(change) }]),
  );
  saveModel(path, { network, weights, classes: CLASS_NAMES, preprocess: { name: 'scale255' }, notes: {} });
  return path;
}

const net = (name: string, ...layers: Layer[]) => new Sequential(name, [48, 48, 1], [...layers, Softmax()]);
const end = () => [Flatten(), Dense({ units: 7 })];

describeGpu('a step to take apart', (gpu) => {
  const open = (request: LearnRequest) =>
    Dissection.open(gpu(), { data: 'synthetic:140', batch: 4, ...request }, loadDataset);

  it.each([
    net('no_convolutions', Flatten(), Dense({ units: 8 }), ELU(), Dense({ units: 7 })),
    net('one_layer', Conv2D({ filters: 7, kernelSize: 48, padding: 'valid' }), Flatten()),
    net('only_dense', ...end()),
    net('single_pixels', MaxPooling2D({ poolSize: 48 }), Conv2D({ filters: 4, kernelSize: 1 }), ...end()),
    net(
      'many_channels',
      Conv2D({ filters: 256, strides: 16 }),
      GlobalAveragePooling2D(),
      Dense({ units: 7 }),
    ),
  ])('is that of $name', async (network) => {
    const dissection = await open({ model: saved(network) });
    const told = await walk(dissection, { layer: network.layers[0]?.name, kernels: network.layers[0]?.name });
    expect(told.stages.map(({ stage }) => stage)).toEqual(STAGES);
    expect(walkText(told).join('\n')).toContain('Stage 7 of 7');
    for (const index of network.layers.keys()) {
      for (const kind of ['output', 'input', 'output gradient', 'input gradient'] as const) {
        const view = await dissection.view(index, kind, 1);
        expect(view.values?.length, `${network.layers[index]?.name} ${kind}`).toBe(
          view.shape.reduce((n, e) => n * e, 1),
        );
      }
      await explainKernels(dissection, index);
    }
    await dissection.dispose();
  });

  it('counts numbers that overflow instead of failing', async () => {
    const dissection = await open({
      model: saved(net('broken', Conv2D({ filters: 2 }), ...end()), () => 3e38),
    });
    const forward = await dissection.stage('forward');
    if (forward.stage !== 'forward') throw new Error(forward.stage);
    // Nearly all of 4 x 48 x 48 x 2: where pixels are 0, nothing overflows.
    const bad = forward.layers[0]?.output.bad ?? 0;
    expect(bad).toBeGreaterThan(18_000);
    const told = walkText(await walk(dissection, {})).join('\n');
    expect(told).toContain(`${bad} NaN or infinite`);
    expect(told).toContain('The loss is not a number');
    await dissection.dispose();
  });

  it('is of a network by name, with trained or fresh weights', async () => {
    const trained = await open({ model: 'fer-shallow' });
    const fresh = await open({ model: 'fer-shallow', fresh: true, seed: 3 });
    expect(trained.report.source).toBe('trained weights, fer-shallow');
    expect(fresh.report).toMatchObject({ source: 'initial weights, seed 3', seed: 3, count: 4 });
    await Promise.all([trained.dispose(), fresh.dispose()]);
  });

  it('is the next step of a run, from its checkpoint', async () => {
    const out = join(folder, 'run');
    const settings = {
      ...{ model: 'fer-shallow', filters: '4', dense: '8' },
      data: 'synthetic:140',
      epochs: 1,
      maxSteps: 3,
      optimizer: 'rmsprop',
      lr: 0.002,
    };
    const control = new Control();
    await runTraining(resolveConfig({ ...settings, out, batch: 28 }), { emit: () => undefined, control });
    const dissection = await open({ model: out, data: undefined });
    expect(dissection.report).toMatchObject({
      step: 4,
      optimizer: 'rmsprop',
      learningRate: 0.002,
      data: 'drawn faces',
    });
    const { learner } = loadCheckpoint(join(out, 'checkpoint.safetensors'));
    expect(dissection.before.weights).toEqual(learner.weights);
    expect(dissection.before.optimizer).toEqual(learner.optimizer);
    await dissection.dispose();
  });

  it('can have a picture of yours first, of the class that you or the network say', async () => {
    const picture = join(folder, 'face.png');
    const { PNG } = await import('pngjs');
    const png = new PNG({ width: 60, height: 60 });
    png.data.fill(200);
    writeFileSync(picture, PNG.sync.write(png));
    const [said, named] = [await open({ image: picture }), await open({ image: picture, label: 'sadness' })];
    const batch = await named.stage('batch');
    if (batch.stage !== 'batch') throw new Error(batch.stage);
    expect([...new Set(batch.pixels.subarray(0, 48 * 48))]).toEqual([200]);
    expect(named.report.labels[0]).toBe(5);
    expect(said.report.labels.slice(1)).toEqual(named.report.labels.slice(1));
    await Promise.all([said.dispose(), named.dispose()]);
  });

  it('that cannot be opened is told in a sentence', async () => {
    const text = join(folder, 'no_picture.png');
    writeFileSync(text, 'hello');
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    const begun = join(folder, 'begun');
    mkdirSync(begun);
    writeFileSync(join(begun, 'config.json'), '{}');
    const cases: [LearnRequest, string][] = [
      [{ image: text }, 'cannot be read as an image'],
      [{ image: join(folder, 'nothing.png') }, 'there is no such file'],
      [{ label: 'bored', image: text.replace('no_picture', 'face') }, 'expected one of Angry'],
      [{ batch: 1 }, 'expected a whole number in [2, 64]'],
      [{ model: 'fer-cmm' }, 'fer-cmm'],
      [{ model: empty }, 'a folder without config.json'],
      [{ model: begun }, 'has no checkpoint yet'],
      [{ data: 'nowhere' }, 'there is no such file'],
      [{ augment: 'spin' }, 'augment: "spin"'],
    ];
    for (const [request, message] of cases) await expect(open(request), message).rejects.toThrow(message);
    const dissection = await open({ model: 'fer-shallow' });
    await expect(walk(dissection, { layer: 'conv2' })).rejects.toThrow('did you mean conv2d?');
    await expect(walk(dissection, { kernels: 'nothing at all' })).rejects.toThrow('expected one of conv2d');
    await expect(dissection.view(0, 'output', 4)).rejects.toThrow('image 4: expected a number from 0 to 3');
    await dissection.dispose();
    expect(gpu().pool.stats.liveBytes).toBe(0);
  });
});
