import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Terminal } from '../../scripts/terminal.mjs';
import { loadDataset } from '../../src/data/load.js';
import { Dissection } from '../../src/learn/dissection.js';
import { type Stats, statsOf } from '../../src/learn/stats.js';
import { buildModel } from '../../src/nn/models.js';
import type { Network } from '../../src/nn/network.js';
import type { Arr } from '../../src/reference/arrays.js';
import { saveModel } from '../../src/train/model_file.js';
import { CLASS_NAMES } from '../../src/util/classes.js';
import { describeGpu } from '../helpers/gpu.js';
import { miniXception, randomWeights } from '../helpers/networks.js';
import { type ReferenceWeights, referenceLayers } from '../helpers/reference_network.js';
import { openTerminal } from '../helpers/terminal.js';

/**
 * The Learn screen in a real terminal, stage by stage. Every number that it shows is held to the float64 reference, which
 * computes the whole network from the images on. (The reference has no dropout, so the networks have none.)
 */

const BATCH = 2;
/** Relative to the largest value of its array. Numbers are shown with four digits. */
const TOLERANCE = 2e-3;

/** The text of the middle column, where the maps and the arithmetic are. Wrapped lines are joined. */
function middle(t: Terminal): string {
  return t
    .lines()
    .map((line) => line.slice(24, 69).replaceAll(/[│─├┤┌┐└┘┬┴]/g, ' '))
    .join(' ')
    .replaceAll('−', '-')
    .replaceAll(/ +/g, ' ');
}

/** A number behind some words in the middle column: the first, or another one. */
function numberAfter(t: Terminal, words: string, which = 0): number {
  const text = middle(t);
  const found = text.indexOf(words);
  const numbers = text.slice(found + words.length).match(/-?\d[\d.]*(?:e[+-]?\d+)?/g) ?? [];
  const number = numbers[which];
  if (found < 0 || number === undefined) throw new Error(`no number after "${words}" in\n${t.text()}`);
  return Number(number.replace(/\.$/, ''));
}

/** The text of the panel with the numbers, which is the right column. */
function rightColumn(t: Terminal): string {
  return t
    .lines()
    .map((line) => line.slice(70).replaceAll(/[│─┤┐┘]/g, ' '))
    .join(' ')
    .replaceAll(/ +/g, ' ')
    .replaceAll('−', '-');
}

/** The first mean, sd and range in the panel of numbers. */
async function shownStats(t: Terminal, heading: string): Promise<Pick<Stats, 'mean' | 'sd' | 'min' | 'max'>> {
  const number = '(-?[\\d.]+(?:e[+-]?\\d+)?)';
  const pattern = new RegExp(`${heading}.*?mean ${number}, sd ${number}, ${number} to ${number}`);
  await expect.poll(() => pattern.test(rightColumn(t))).toBe(true);
  const [, mean, sd, min, max] = pattern.exec(rightColumn(t)) ?? [];
  return { mean: Number(mean), sd: Number(sd), min: Number(min), max: Number(max) };
}

function expectStats(
  shown: Awaited<ReturnType<typeof shownStats>>,
  want: ArrayLike<number>,
  what: string,
): void {
  const { mean, sd, min, max } = statsOf(want);
  const size = Math.max(Math.abs(min), Math.abs(max));
  for (const [name, a, b] of [
    ['mean', shown.mean, mean],
    ['sd', shown.sd, sd],
    ['min', shown.min, min],
    ['max', shown.max, max],
  ] as const)
    expect(Math.abs(a - b) / size, `${what}, ${name}: shown ${a}, reference ${b}`).toBeLessThan(TOLERANCE);
}

const exact = (weights: ReadonlyMap<string, { data: Float32Array }>): ReferenceWeights =>
  new Map([...weights].map(([name, { data }]) => [name, Float64Array.from(data)]));

/** Mean cross-entropy of probabilities [n, 7]. */
function lossOf(probabilities: Arr, labels: Uint32Array): number {
  return (
    labels.reduce((sum, label, i) => sum - Math.log(probabilities[i * 7 + label] ?? 0), 0) / labels.length
  );
}

describeGpu('the Learn screen walks through a step', (gpu) => {
  it.each([
    [
      'fer-cnn',
      buildModel('fer-cnn', { dropout: 0, filters: [8, 8, 16, 16], dense: [16, 16] }),
      'conv2d_1',
      'dense_2/kernel',
    ],
    ['a branched network', miniXception([48, 48, 1], [4, 8]), 'conv2d_1', 'conv2d_3/kernel'],
  ] as const)('of %s, and every number is that of float64', async (_, network: Network, layer, weight) => {
    const file = join(mkdtempSync(join(tmpdir(), 'fer-tui-walk-')), 'net.safetensors');
    const weights = randomWeights(network);
    saveModel(file, {
      network,
      weights,
      classes: CLASS_NAMES,
      preprocess: { name: 'scale255' },
      notes: {},
    });
    const request = { model: file, batch: BATCH, augment: 'none' };

    // The same step in this process: its images, labels and updated weights.
    const dissection = await Dissection.open(gpu(), request, loadDataset);
    const { source, labels } = dissection;
    const images = Float64Array.from(source.images.imagesOf(source.draws));
    const w = exact(weights);
    const reference = referenceLayers(network, w, images, BATCH, { training: true });
    const last = network.layers.length - 1;
    const index = network.layers.findIndex(({ name }) => name === layer);
    const value = reference.get(index) as Arr;

    const { t } = openTerminal(`learn ${file} --batch ${BATCH} --augment none`);
    await t.waitFor('1/7 batch');
    await t.waitFor(`${BATCH} faces of drawn faces`);
    t.press('right');
    expectStats(await shownStats(t, 'all values'), images, 'the images');

    t.press('right');
    await t.waitFor(/maps of \d+/);
    for (let i = 0; i < index; i++) t.press(']');
    await t.waitFor(`forward: ${layer}, output`);
    const { outputShape, layer: own } = network.layers[index] as (typeof network.layers)[number];
    expectStats(
      await shownStats(t, `${own.kind} ${BATCH}×${outputShape.join('×')}`),
      value,
      `output of ${layer}`,
    );
    t.press('enter', 'right', 'down');
    await t.waitFor('channel 0, row 1, column 1');
    const [, width = 1, channels = 1] = outputShape;
    const want = value[(width + 1) * channels] ?? Number.NaN;
    await expect.poll(() => numberAfter(t, 'kernel:')).toBeCloseTo(want, 4);
    t.press('escape');

    t.press('right');
    await t.waitFor('4/7 loss');
    const probabilities = reference.get(last) as Arr;
    const loss = lossOf(probabilities, labels);
    await t.waitFor('batch: mean loss');
    expect(numberAfter(t, 'batch: mean loss')).toBeCloseTo(loss, 3);
    const [label = 0] = labels;
    await expect.poll(() => numberAfter(t, 'kernel:')).toBeCloseTo(-Math.log(probabilities[label] ?? 0), 4);
    for (const [c, name] of CLASS_NAMES.entries())
      expect(new RegExp(`${name.toLowerCase()} +\\S+ +([\\d.]+) %`).exec(t.text())?.[1], name).toBe(
        (100 * (probabilities[c] ?? 0)).toFixed(1),
      );

    t.press('right');
    await t.waitFor('5/7 backward');
    const at = network.layers.findIndex(({ name }) => name === weight.split('/')[0]);
    for (let i = index; i < at; i++) t.press(']');
    await t.waitFor(`backward: ${weight.split('/')[0]}`);
    t.press('v');
    await t.waitFor(`weight ${weight}`);
    await expect.poll(() => middle(t)).toContain('this layer alone:');
    const place = new RegExp(`${weight}\\[([\\d, ]+)\\]`).exec(middle(t))?.[1]?.split(', ').map(Number) ?? [];
    const shape = weights.get(weight)?.shape ?? [];
    const flat = place.reduce((sum, p, axis) => sum * (shape[axis] ?? 1) + p, 0);
    const moved = (by: number): number => {
      const other = new Map(w);
      const array = Float64Array.from(w.get(weight) as Arr);
      array[flat] = (array[flat] ?? 0) + by;
      other.set(weight, array);
      return lossOf(
        referenceLayers(network, other, images, BATCH, { training: true }).get(last) as Arr,
        labels,
      );
    };
    const gradient = (moved(1e-5) - moved(-1e-5)) / 2e-5;
    const near = (shown: number, what: string): void =>
      expect(
        Math.abs(shown - gradient) / Math.abs(gradient),
        `${what}: shown ${shown}, reference ${gradient}`,
      ).toBeLessThan(1e-3);
    near(numberAfter(t, 'gradient '), 'gradient');
    near(numberAfter(t, 'this layer alone:'), 'difference through the layer');
    near(numberAfter(t, 'of the loss, w ±', 1), 'difference');

    t.press('escape', 'right');
    await t.waitFor('6/7 update');
    await t.waitFor(/\d+ weight arrays, adam/);

    t.press('right');
    await t.waitFor('7/7 same batch again');
    await expect.poll(() => middle(t)).toContain('The loss fell');
    const again = await dissection.stage('again');
    if (again.stage !== 'again') throw new Error(again.stage);
    const { state } = await dissection.inTurn(() => dissection.update());
    const after = lossOf(
      referenceLayers(network, exact(state.weights), images, BATCH, { training: true }).get(last) as Arr,
      labels,
    );
    expect(numberAfter(t, 'again loss')).toBeCloseTo(loss, 3);
    expect(numberAfter(t, '→')).toBeCloseTo(after, 2);
    expect(again.after).toBeCloseTo(after, 3);
    await dissection.dispose();
    t.press('q');
    await t.waitFor('exit 0');
  });
});
