import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { describeGpu } from '../helpers/gpu.js';
import { FULL } from '../helpers/needs.js';

const FOLDER = new URL('../../examples/', import.meta.url);

/** How short an example must be; by default under 40 lines. */
const LINES: Readonly<Record<string, number>> = {
  'backpropagation.mjs': 30,
  'grad_cam.mjs': 50,
  'own_layer.mjs': 60,
};

const FILES = readdirSync(FOLDER, { withFileTypes: true }).flatMap((entry) =>
  entry.isFile() ? [entry.name] : [],
);

it.each(FILES)('%s is short', (file) => {
  const lines = readFileSync(new URL(file, FOLDER), 'utf8').trimEnd().split('\n');
  expect(lines.length).toBeLessThan(LINES[file] ?? 40);
});

/** What makes an example short. The full tests run it as its readers do. */
const SHORTER: readonly (readonly [string, string])[] = [
  ['synthetic:700', 'synthetic:140'],
  ['epoch < 8', 'epoch < 2'],
  ['val_acc >= 0.6', 'val_acc >= 0.2'],
  ['step < 250', 'step < 5'],
];
/** The accuracies, in percent, that `small_network.mjs` reaches and `own_callback.mjs` waits for. */
const [REACHED, ENOUGH] = FULL ? [25, 60] : [0, 20];

describeGpu('an example', () => {
  const node = (args: readonly string[], input = ''): string => {
    const options = { cwd: fileURLToPath(new URL('..', FOLDER)), encoding: 'utf8', input } as const;
    const { stdout, stderr, status } = spawnSync(process.execPath, args, options);
    expect(status, stderr).toBe(0);
    return stdout;
  };
  const run = (file: string): string => {
    const path = fileURLToPath(new URL(file, FOLDER));
    if (FULL) return node([path]);
    const shorter = SHORTER.reduce((text, [a, b]) => text.replace(a, b), readFileSync(path, 'utf8'));
    return node(['--input-type=module', '-'], shorter);
  };

  it('small_network.mjs learns', () => {
    const said = run('small_network.mjs');
    expect(Number(/validation accuracy ([\d.]+) %/.exec(said)?.[1])).toBeGreaterThanOrEqual(REACHED);
    const losses = [...said.matchAll(/^epoch \d+ {2}loss ([\d.]+)$/gm)].map(([, loss]) => Number(loss));
    expect(losses).toHaveLength(FULL ? 8 : 2);
    expect(losses.at(-1)).toBeLessThan(losses[0] ?? 0);
  });

  it('own_callback.mjs stops by itself once it is good enough', () => {
    const lines = run('own_callback.mjs').trimEnd().split('\n');
    const accuracies = lines.slice(0, -1).map((line) => Number(/([\d.]+) %$/.exec(line)?.[1]));
    expect(accuracies.findIndex((accuracy) => accuracy >= ENOUGH)).toBe(accuracies.length - 1);
    expect(lines.at(-1)).toBe(`early-stop after ${accuracies.length} epochs`);
  });

  it('backpropagation.mjs compares its gradient, and goes downhill', () => {
    const losses = [...run('backpropagation.mjs').matchAll(/loss ([\d.]+)/g)].map(([, loss]) => Number(loss));
    expect(losses).toHaveLength(5);
    expect(losses).toEqual(losses.toSorted((a, b) => b - a));
    expect(losses.at(-1)).toBeLessThan(1e-4);
  });

  it('grad_cam.mjs shows a map of the face, with the gradients that the weights give', () => {
    const [said, ...map] = run('grad_cam.mjs').slice(0, -1).split('\n');
    expect(said).toMatch(FULL ? /^(\w+): \d+ %, and it is \1$/ : /^\w+: \d+ %, and it is \w+$/);
    expect(map).toHaveLength(12);
    expect(map.join('')).toContain('@');
  });

  it('own_layer.mjs learns with a layer of its own', () => {
    const [, first, last] = /loss ([\d.]+) -> ([\d.]+)/.exec(run('own_layer.mjs')) ?? [];
    expect(Number(first)).toBeCloseTo(Math.log(7), 1);
    expect(Number(last)).toBeLessThan(0.5);
  });

  it('the layer of own_layer.mjs has the gradients of central differences', () => {
    const [definition = ''] = readFileSync(new URL('own_layer.mjs', FOLDER), 'utf8').split(
      'const { splits }',
    );
    const check = `
      const shape = [6, 5, 4];
      const gpu = await fer.openGpu();
      const layers = [fer.Conv2D({ filters: 8 }), Slopes(), fer.Flatten(), fer.Dense({ units: 3 }), fer.Softmax()];
      const options = { optimizer: fer.sgd({ learningRate: 0 }) };
      const learner = new fer.Learner(gpu, new fer.Sequential('checked', shape, layers), options);
      const images = Float32Array.from({ length: 5 * 120 }, (_, i) => Math.sin(i * 1.3));
      const labels = Uint32Array.of(0, 1, 2, 1, 0);
      const weights = await learner.readWeights();
      weights.get('slopes/slopes').data.forEach((_, c, slopes) => { slopes[c] = 0.1 * (c - 3); });
      // Large values, so that hardly one crosses the bend at 0 while the bias moves.
      weights.get('conv2d/kernel').data.forEach((v, i, kernel) => { kernel[i] = 10 * v; });
      weights.get('dense/kernel').data.forEach((v, i, kernel) => { kernel[i] = v / 10; });
      learner.writeWeights(weights);
      const { weightGradients } = await learner.trace(images, labels);
      for (const name of ['slopes/slopes', 'conv2d/bias']) {
        const { data } = weights.get(name);
        for (const c of data.keys()) {
          const [loss, value] = [[], data[c]];
          for (const change of [0.002, -0.002]) {
            data[c] = value + change;
            learner.writeWeights(weights);
            await learner.evaluate(images, labels);
            loss.push((await learner.evaluationMetrics()).batches[0].loss);
          }
          data[c] = value;
          console.log(weightGradients.get(name).data[c], (loss[0] - loss[1]) / 0.004);
        }
      }
      gpu.close();`;
    const rows = node(['--input-type=module', '-'], definition + check)
      .trim()
      .split('\n');
    expect(rows).toHaveLength(16);
    for (const [gradient = 0, measured = 1] of rows.map((row) => row.split(' ').map(Number))) {
      expect(Math.abs(gradient - measured)).toBeLessThan(2e-4);
    }
  });
});
