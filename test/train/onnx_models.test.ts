import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { exportModel } from '../../src/cli/commands/export.js';
import { resolveConfig } from '../../src/train/config.js';
import { Control } from '../../src/train/control.js';
import { evaluateWeights } from '../../src/train/evaluate_weights.js';
import { runTraining } from '../../src/train/session.js';
import { openModel } from '../../src/train/weights.js';
import { describeGpu } from '../helpers/gpu.js';
import { newFolder } from '../helpers/keras_files.js';
import { onnxFile } from '../helpers/onnx_files.js';

/** A small network as PyTorch exports it, with a skip connection, batch normalisation and a flattened image. */
const FILE = onnxFile({
  input: [1, 20, 16],
  nodes: [
    ['Conv', 'a', ['x', 'stem.weight'], { pads: [1, 1, 1, 1], strides: [2, 2], kernel_shape: [3, 3] }],
    ['BatchNormalization', 'b', ['a', 'gamma', 'beta', 'mean', 'variance']],
    ['Relu', 'c', ['b']],
    ['Conv', 'd', ['c', 'mix.weight'], { pads: [1, 1, 1, 1], kernel_shape: [3, 3] }],
    ['Add', 'e', ['d', 'c']],
    ['MaxPool', 'f', ['e'], { kernel_shape: [2, 2], strides: [2, 2] }],
    ['Flatten', 'g', ['f']],
    ['Gemm', 'y', ['g', 'head.weight', 'head.bias'], { transB: 1 }],
  ],
  arrays: {
    ...{ 'stem.weight': { shape: [4, 1, 3, 3] }, 'mix.weight': { shape: [4, 4, 3, 3] } },
    ...{ gamma: { shape: [4] }, beta: { shape: [4] }, mean: { shape: [4] } },
    variance: { shape: [4], data: [1, 2, 0.5, 1] },
    ...{ 'head.weight': { shape: [7, 80] }, 'head.bias': { shape: [7] } },
  },
});

describeGpu('a network of an ONNX file', () => {
  it('is evaluated, trained on from its weights, and exported again', async () => {
    const folder = newFolder();
    const path = join(folder, 'net.onnx');
    writeFileSync(path, FILE);
    const foreign = { preprocess: 'scale255', classes: undefined } as const;
    const about = { data: 'synthetic:28', split: 'validation' } as const;
    const before = await evaluateWeights({ ...about, weights: path, foreign });
    expect(before).toMatchObject({ softmaxAdded: [path], classesGuessed: true });

    const settings = {
      data: 'synthetic:28',
      batch: 14,
      augment: 'none',
      seed: 3,
      epochs: 1,
      preprocess: 'scale255',
    };
    const train = async (lr: number, name: string) => {
      const config = resolveConfig({
        ...settings,
        architecture: path,
        init: path,
        lr,
        out: join(folder, name),
      });
      const run = await runTraining(config, { control: new Control(), emit: () => undefined });
      return openModel(join(run.path, 'last.safetensors'));
    };
    const given = (await openModel(path, foreign)).weights;
    const far = (weights: typeof given): number[] =>
      [...given]
        .filter(([name]) => !name.includes('moving'))
        .map(([name, { data }]) =>
          Math.max(...data.map((value, i) => Math.abs(value - (weights.get(name)?.data[i] ?? Number.NaN)))),
        );
    expect(Math.max(...far((await train(1e-7, 'still')).weights))).toBeLessThan(1e-5);
    expect(Math.min(...far((await train(0.01, 'trained')).weights))).toBeGreaterThan(1e-3);

    const out = join(folder, 'again.onnx');
    const file = join(folder, 'trained', 'last.safetensors');
    const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    await exportModel({ file, to: 'onnx', out, pixels: true } as Parameters<typeof exportModel>[0]);
    written.mockRestore();
    const own = await evaluateWeights({ ...about, weights: file });
    expect(await evaluateWeights({ ...about, weights: out })).toMatchObject({
      ...{ classesGuessed: false, softmaxAdded: [], confusion: own.confusion },
      loss: expect.closeTo(own.loss, 5) as number,
    });
  });
});
