import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { exportModel } from '../../src/cli/commands/export.js';
import { loadDataset } from '../../src/data/load.js';
import { fitPreprocess, PREPROCESS_FORMULAS } from '../../src/data/preprocess.js';
import { Dense, Flatten } from '../../src/nn/layers.js';
import { Sequential } from '../../src/nn/network.js';
import { saveModel } from '../../src/train/model_file.js';
import { openModel, saveH5 } from '../../src/train/weights.js';
import { CLASS_NAMES } from '../../src/util/classes.js';
import { runCli } from '../helpers/cli.js';
import { hybrid, others, randomWeights } from '../helpers/networks.js';
import { printed } from '../helpers/printed.js';

it('export --json says how other programs must preprocess pixels', async () => {
  const file = 'models/fer-shallow.h5';
  const out = join(mkdtempSync(join(tmpdir(), 'fer-tui-export-')), 'x.h5');
  const args = { file, to: 'h5', out, json: true } as Parameters<typeof exportModel>[0];
  const text = await printed(() => exportModel(args));
  const { name } = (await openModel(file)).preprocess;
  expect(JSON.parse(text)).toMatchObject({ preprocess: name, preprocess_formula: PREPROCESS_FORMULAS[name] });
});

it.each([
  ['v1.2', 'v1.2.safetensors'],
  ['runs/v1.2', 'v1.2.safetensors'],
  ['runs/v1.2/best.safetensors', 'best.safetensors'],
  ['fer-shallow', 'fer-shallow.safetensors'],
])('export takes a file, a run or the name of a shipped network: %s', async (file, out) => {
  const cwd = mkdtempSync(join(tmpdir(), 'fer-tui-export-'));
  const run = join(cwd, 'runs', 'v1.2');
  mkdirSync(run, { recursive: true });
  writeFileSync(join(run, 'events.ndjson'), '');
  saveModel(join(run, 'best.safetensors'), await openModel('models/fer-shallow.h5'));
  const { code, stderr } = await runCli(['export', file, '--to', 'safetensors'], { cwd });
  expect([code, stderr]).toEqual([0, '']);
  expect(existsSync(join(cwd, out))).toBe(true);
});

it.each([
  [true, /onnx; other programs must preprocess .*; its input lbp takes local binary patterns/],
  [false, /onnx; its input lbp takes local binary patterns/],
])('export says what other programs must give a network with designed features: %s', async (raw, expected) => {
  const cwd = mkdtempSync(join(tmpdir(), 'fer-tui-export-'));
  const network = hybrid(raw);
  const weights = randomWeights(network);
  weights.set('lbp/pixel_mean', { shape: [16, 14], data: new Float32Array(16 * 14) });
  weights.set('lbp/pixel_scale', { shape: [1], data: Float32Array.of(255) });
  saveModel(join(cwd, 'm.safetensors'), {
    ...{ network, weights, classes: CLASS_NAMES, preprocess: { name: 'scale255' }, notes: {} },
  });
  const { stdout } = await runCli(['export', 'm.safetensors', '--to', 'onnx'], { cwd });
  expect(stdout).toMatch(expected);
  const again = await openModel(join(cwd, 'm.onnx'));
  for (const name of ['lbp/pixel_mean', 'lbp/pixel_scale'])
    expect(again.weights.get(name)).toEqual(weights.get(name));
});

it('export says what a format does not keep, and refuses what it cannot have before it writes', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'fer-tui-export-'));
  const told = await runCli(['export', 'fer-cnn', '--to', 'onnx'], { cwd });
  expect(told.stdout).toMatch(/\nnot kept: 6 dropout layers, which act only in training\n$/);
  const page = await runCli(['export', 'fer-cnn', '--to', 'tfjs', '--json'], { cwd });
  expect(JSON.parse(page.stdout)).toMatchObject({ to: 'tfjs', out: 'fer-cnn.tfjs', lost: [] });
  expect(existsSync(join(cwd, 'fer-cnn.tfjs', 'model.json'))).toBe(true);
  const network = others();
  const saved = { network, weights: randomWeights(network), classes: [...'abcd'], notes: {} };
  saveModel(join(cwd, 'm.safetensors'), { ...saved, preprocess: { name: 'scale255' } });
  const refused = await runCli(['export', 'm.safetensors', '--to', 'tfjs'], { cwd });
  expect(refused.code).toBe(5);
  expect(refused.stderr).toContain(
    'm.safetensors: tfjs cannot have layer "rescaling" (Rescaling): TensorFlow.js rescales all channels alike',
  );
  expect(existsSync(join(cwd, 'm.tfjs'))).toBe(false);
  const { stdout } = await runCli(['summary', 'm.safetensors'], { cwd });
  expect(stdout).toMatch(/\nExport to tfjs: not possible, layer "rescaling"/);
});

it('export makes what a preprocessing lacks of the training images of a data set', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'fer-tui-export-'));
  const network = new Sequential('n', [48, 48, 1], [Flatten(), Dense({ units: 7, activation: 'softmax' })]);
  await saveH5(join(cwd, 'ours.h5'), {
    ...{ network, weights: randomWeights(network), classes: CLASS_NAMES, notes: {} },
    preprocess: { name: 'none' },
  });
  const name = 'standardize-global';
  const asked = ['export', 'ours.h5', '--to', 'h5', '--out', 'whole.h5', '--data', 'synthetic:70'];
  const useless = await runCli(asked, { cwd });
  expect([useless.code, useless.stderr]).toEqual([2, expect.stringContaining('lacks nothing of training')]);
  const { code, stderr } = await runCli([...asked, '--preprocess', name], { cwd });
  expect([code, stderr]).toEqual([0, '']);
  const { splits } = await loadDataset('synthetic:70');
  expect((await openModel(join(cwd, 'whole.h5'))).preprocess).toEqual(fitPreprocess(name, splits.train));
});

it('convert takes the format from the name of the new file', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'fer-tui-convert-'));
  for (const [out, file] of [
    ['a.onnx', 'a.onnx'],
    ['b.HDF5', 'b.HDF5'],
    ['c.safetensors', 'c.safetensors'],
    ['d.tfjs/', 'd.tfjs/model.json'],
  ] as const) {
    const { code, stderr } = await runCli(['convert', 'fer-shallow', out], { cwd });
    expect([code, stderr]).toEqual([0, '']);
    expect(existsSync(join(cwd, file))).toBe(true);
  }
  const { network } = await openModel(join(cwd, 'b.HDF5'));
  expect(network.name).toBe('fer-shallow');
  const refused = await runCli(['convert', 'fer-shallow', 'a.keras'], { cwd });
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain(
    'a.keras: its name does not end in a format; expected .h5, .onnx, .tfjs, .safetensors; Keras 3 reads .h5, too',
  );
});
