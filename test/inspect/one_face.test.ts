import { expect, it } from 'vitest';
import { camProbe, classMap } from '../../src/inspect/cam.js';
import { gradCam } from '../../src/inspect/grad_cam.js';
import { gradCamPlusPlus } from '../../src/inspect/grad_cam_plus_plus.js';
import { incompleteness, integratedGradients } from '../../src/inspect/integrated_gradients.js';
import { occlusion } from '../../src/inspect/occlusion.js';
import { smoothGrad } from '../../src/inspect/smooth_grad.js';
import type { Subject } from '../../src/inspect/subject.js';
import type { Network } from '../../src/nn/network.js';
import { type Arr, relativeError } from '../../src/reference/arrays.js';
import { Rng } from '../../src/util/random.js';
import { describeGpu } from '../helpers/gpu.js';
import { miniXception } from '../helpers/networks.js';
import { differences, inDoubles } from '../helpers/reference_probe.js';
import { chain, exactOutputs, pixels, subjectOf } from './subjects.js';

/** Each network with the layer that makes its logits and the one whose maps are looked at, by position. */
const NETWORKS = [
  [chain(), 11, 6],
  [miniXception([12, 9, 1], [4, 8]), 22, 21],
] as const;

const sizeOf = (network: Network): number => network.inputShape.reduce((product, n) => product * n, 1);

/** The gradient of a class score in float64, by central differences, with respect to the output of a layer. */
function exactGradient(
  subject: Subject,
  x: Arr,
  label: number,
  [of, at]: readonly [number, number],
): number[] {
  const { network, weights } = subject.saved;
  const outputs = [...exactOutputs(subject, x).values()];
  const seed = new Array<number>(subject.classes.length).fill(0).with(label, 1);
  const sum = { network, weights: inDoubles(weights), images: x, count: 1, of, seed };
  const values = at < 0 ? x : (outputs[at] as Arr);
  return differences(sum, at, values, [...values.keys()]);
}

describeGpu('with one face', (gpu) => {
  it.each(NETWORKS)('Grad-CAM of $name is that of float64', async (network, logits, maps) => {
    const subject = subjectOf(gpu(), network);
    const x = subject.input(pixels(sizeOf(network)), 1);
    const prepared = await camProbe(subject, undefined);
    expect(prepared.layer.name).toBe(network.layers[maps]?.name);
    prepared.probe.forward(x);
    const { channels, height, width } = prepared.layer;
    const exact = Float64Array.from(x);
    const activations = [...exactOutputs(subject, exact).values()][maps] as Arr;
    for (const label of [2, 0]) {
      const map = await classMap(prepared, label, gradCam);
      const gradient = exactGradient(subject, exact, label, [logits, maps]);
      const expected = new Float64Array(height * width);
      for (let c = 0; c < channels; c++) {
        const own = gradient.filter((_, i) => i % channels === c);
        const alpha = own.reduce((sum, g) => sum + g, 0) / own.length;
        for (let at = 0; at < expected.length; at++)
          expected[at] = (expected[at] as number) + alpha * (activations[at * channels + c] as number);
      }
      const rectified = expected.map((v) => Math.max(0, v));
      expect(rectified.some((v) => v > 0)).toBe(true);
      expect(relativeError(map, rectified), `class ${label}`).toBeLessThan(1e-4);
    }
    await subject.dispose();
  });

  it.each(NETWORKS)('Grad-CAM++ of $name is that of float64', async (network, logits, maps) => {
    const subject = subjectOf(gpu(), network);
    const x = subject.input(pixels(sizeOf(network)), 1);
    const prepared = await camProbe(subject, undefined);
    prepared.probe.forward(x);
    const { channels } = prepared.layer;
    const map = await classMap(prepared, 1, gradCamPlusPlus);
    const exact = Float64Array.from(x);
    const activations = [...exactOutputs(subject, exact).values()][maps] as Arr;
    const gradient = exactGradient(subject, exact, 1, [logits, maps]);
    // Equations 18 and 19 of the paper, one channel at a time.
    const expected = new Float64Array(map.length);
    for (let c = 0; c < channels; c++) {
      const of = (values: ArrayLike<number>) => Array.from(values).filter((_, i) => i % channels === c);
      const [a, g] = [of(activations), of(gradient)];
      const total = a.reduce((sum, v) => sum + v, 0);
      const weight = g.reduce((sum, d) => {
        const alpha = d === 0 ? 0 : d ** 2 / (2 * d ** 2 + total * d ** 3);
        return sum + alpha * Math.max(0, d);
      }, 0);
      a.forEach((v, at) => {
        expected[at] = (expected[at] as number) + weight * v;
      });
    }
    expect(
      relativeError(
        map,
        expected.map((v) => Math.max(0, v)),
      ),
    ).toBeLessThan(1e-3);
    await subject.dispose();
  });

  it.each(
    NETWORKS,
  )('integrated gradients of $name are complete, and those of float64', async (network, logits) => {
    const subject = subjectOf(gpu(), network);
    const x = subject.input(pixels(sizeOf(network)), 1);
    const baseline = new Float32Array(x.length);
    const label = 1;
    const found = await integratedGradients(subject, { x, baseline, label });
    expect(incompleteness(found)).toBeLessThan(0.01);
    const name = network.layers[logits]?.name ?? '';
    const score = (image: Float32Array): number =>
      exactOutputs(subject, Float64Array.from(image)).get(name)?.[label] as number;
    const difference = score(x) - score(baseline);
    expect(Math.abs(found.difference - difference)).toBeLessThan(1e-4 * Math.abs(difference));
    expect(Math.abs(found.sum - difference)).toBeLessThan(0.01 * Math.abs(difference));
    // A few attributions by themselves: the path integral of the derivative with respect to that pixel.
    const { weights } = subject.saved;
    const seed = new Array<number>(subject.classes.length).fill(0).with(label, 1);
    for (const pixel of [7, 50, 101]) {
      let mean = 0;
      for (let step = 0; step < found.steps; step++) {
        const images = Float64Array.from(x, (v) => (v * (step + 0.5)) / found.steps);
        const sum = { network, weights: inDoubles(weights), images, count: 1, of: logits, seed };
        mean += (differences(sum, -1, images, [pixel])[0] as number) / found.steps;
      }
      const attribution = mean * (x[pixel] as number);
      expect(Math.abs((found.values[pixel] as number) - attribution)).toBeLessThan(
        1e-4 * Math.max(0.1, Math.abs(attribution)),
      );
    }
    await subject.dispose();
  });

  it('SmoothGrad is the mean of the gradients of noisy copies', async () => {
    const network = chain([6, 6, 1]);
    const subject = subjectOf(gpu(), network);
    const x = subject.input(pixels(36), 1);
    const found = await smoothGrad(subject, { x, label: 0, seed: 3 });
    expect(await smoothGrad(subject, { x, label: 0, seed: 3 })).toEqual(found);
    expect(await smoothGrad(subject, { x, label: 0, seed: 4 })).not.toEqual(found);
    const rng = new Rng(3);
    const range = Math.max(...x) - Math.min(...x);
    const mean = new Float64Array(36);
    for (let copy = 0; copy < 32; copy++) {
      const noisy = Float64Array.from(x, (v) => v + 0.15 * range * rng.normal());
      exactGradient(subject, noisy, 0, [11, -1]).forEach((g, i) => {
        mean[i] = (mean[i] as number) + g / 32;
      });
    }
    expect(relativeError(found, mean)).toBeLessThan(1e-3);
    await subject.dispose();
  });

  it('occlusion is what the network says of covered pictures', async () => {
    const subject = subjectOf(gpu(), chain([9, 7, 1]));
    const picture = { height: 9, width: 7, channels: 1, data: pixels(63) } as const;
    const maps = await occlusion(picture, { patch: 3, stride: 2 }, (covered) =>
      subject.predict(subject.input(covered, 1)),
    );
    const ask = (data: Uint8Array): Arr =>
      exactOutputs(
        subject,
        Float64Array.from(data, (v) => v / 255),
      ).get('softmax') as Arr;
    const mean = Math.round(picture.data.reduce((sum, v) => sum + v, 0) / 63);
    const plain = ask(picture.data);
    // Patches start in rows 0, 2, 4, 6 and columns 0, 2, 4. Row 4 and column 3 are in those of rows 2, 4 and column 2 alone.
    const drop = (top: number, left: number, label: number): number => {
      const data = picture.data.map((v, i) => {
        const [row, column] = [Math.floor(i / 7), i % 7];
        return row >= top && row < top + 3 && column >= left && column < left + 3 ? mean : v;
      });
      return (plain[label] as number) - (ask(data)[label] as number);
    };
    for (const label of [0, 1, 2]) {
      const at = (row: number, column: number): number => maps[label]?.[row * 7 + column] as number;
      expect(at(4, 3)).toBeCloseTo((drop(2, 2, label) + drop(4, 2, label)) / 2, 5);
      expect(at(0, 0)).toBeCloseTo(drop(0, 0, label), 5);
      expect(at(8, 6)).toBeCloseTo(drop(6, 4, label), 5);
    }
    expect(maps).toHaveLength(3);
    expect(Math.max(...maps.map((map) => Math.max(...map.map(Math.abs))))).toBeGreaterThan(1e-4);
    await subject.dispose();
  });
});
