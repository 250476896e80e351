import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { Learner } from '../../src/nn/learner.js';
import { openModel } from '../../src/train/weights.js';
import { describeGpu } from '../helpers/gpu.js';
import { runPython } from '../helpers/keras.js';
import { all, needs, TORCH_PYTHON } from '../helpers/needs.js';

/** Networks that PyTorch exports, read here and computed on the GPU, against ONNX Runtime. */

interface Answer {
  readonly shape: readonly [number, number, number];
  readonly input: readonly number[];
  readonly output: readonly number[];
}

const MODELS = ['MiniXception', 'Vgg', 'ResNet18', 'MobileNetV2', 'EfficientNet', 'Mixed', 'ConvNext'];
const FORMS = ['old', 'whole', 'new', 'one'];
const BATCH = 3;

/** Images [N, C, H, W] as [N, H, W, C]. */
function channelsLast({ shape: [c, h, w], input }: Answer): Float32Array {
  return Float32Array.from(input, (_, i) => {
    const [image, within] = [Math.floor(i / (c * h * w)), i % (c * h * w)];
    const [place, channel] = [Math.floor(within / c), within % c];
    return input[(image * c + channel) * h * w + place] as number;
  });
}

/** Probabilities of an output that may be plain numbers, or logarithms. */
function probabilities(output: readonly number[], classes: number): number[] {
  const rows = Array.from({ length: BATCH }, (_, i) => output.slice(i * classes, (i + 1) * classes));
  return rows.flatMap((row) => {
    const sum = row.reduce((total, value) => total + value, 0);
    if (row.every((value) => value >= 0) && Math.abs(sum - 1) < 1e-4) return row;
    const top = Math.max(...row);
    const all = row.map((value) => Math.exp(value - top));
    const whole = all.reduce((total, value) => total + value, 0);
    return all.map((value) => value / whole);
  });
}

describe('ONNX files of PyTorch', all(needs.full, needs.torch), () => {
  const folder = mkdtempSync(join(tmpdir(), 'fer-tui-onnx-'));
  const answers: Record<string, Answer> = {};
  beforeAll(() => {
    Object.assign(answers, runPython(TORCH_PYTHON, 'onnx_models.py', { folder, models: MODELS }));
  });

  describeGpu('in the learner', (gpu) => {
    it.each(MODELS.flatMap((model) => FORMS.map((form) => `${model}-${form}.onnx`)))('%s', async (name) => {
      const path = join(folder, name);
      const answer = answers[path] as Answer;
      expect(answer.output, basename(path)).toHaveLength(BATCH * 7);
      const { network, weights } = await openModel(path, { preprocess: 'none', classes: [...'abcdefg'] });
      const learner = new Learner(gpu(), network);
      learner.writeWeights(weights);
      const got = await learner.predict(channelsLast(answer));
      await learner.dispose();
      const wanted = probabilities(answer.output, 7);
      const apart = Math.max(...wanted.map((p, i) => Math.abs(p - (got[i] as number))));
      console.log(`${name}: ONNX Runtime agrees to ${apart.toExponential(1)}`);
      expect(apart).toBeLessThan(1e-5);
    });
  });
});
