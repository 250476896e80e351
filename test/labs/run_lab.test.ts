import { expect, it } from 'vitest';
import type { Dataset } from '../../src/data/types.js';
import { defineLab } from '../../src/labs/kit/lab.js';
import { type LabProgress, runLab } from '../../src/labs/kit/run_lab.js';
import { Control } from '../../src/train/control.js';
import { describeGpu } from '../helpers/gpu.js';
import { DRAWN, numberOf, tinyLab } from './tiny_lab.js';

describeGpu('a lab', (gpu) => {
  it('gives the same bits with the same seeds, and others with other seeds', async () => {
    const [first, again] = [await tinyLab(gpu(), 'dropout'), await tinyLab(gpu(), 'dropout')];
    expect(again.results.runs).toEqual(first.results.runs);
    const other = await tinyLab(gpu(), 'dropout', { seeds: [4] });
    expect(other.results.runs[0]?.numbers).not.toEqual(first.results.runs[0]?.numbers);
  });

  it('frees what its runs hold on the device', async () => {
    const before = gpu().pool.stats.liveBuffers;
    await tinyLab(gpu(), 'vanishing', { seeds: [1] });
    expect(gpu().pool.stats.liveBuffers).toBe(before);
  });

  it('vanishing takes its gradients from validation faces, which training never saw', async () => {
    // All training faces are equal, so each minus the mean is 0 everywhere; of them, ReLU networks have no gradient.
    const { train } = DRAWN.splits;
    const flat = { images: new Uint8Array(train.images.length).fill(99), labels: train.labels };
    const dataset: Dataset = { ...DRAWN, splits: { ...DRAWN.splits, train: flat } };
    const report = await tinyLab(gpu(), 'vanishing', { dataset, seeds: [1] });
    expect(numberOf(report, 'ReLU', 'last', 1)).toBeGreaterThan(0);
  });

  it('trains on none of the faces that it validates with, and on as many as asked', async () => {
    let seen = DRAWN;
    const spy = defineLab({
      ...{ name: 'spy', question: '', faces: 20, epochs: 1, measures: {}, plot: { title: '', x: '' } },
      variants: [{ name: 'only' }],
      run: async (_, { dataset }) => {
        seen = dataset;
        return { numbers: {}, curve: [] };
      },
      notice: () => ({ expected: '', verdict: 'yes', evidence: '' }),
    });
    await runLab(spy, { gpu: gpu(), dataset: DRAWN, seeds: [1], control: new Control() });
    const facesOf = ({ images, labels }: Dataset['splits']['train']) =>
      Array.from(labels, (label, i) => `${label} ${images.subarray(i * 2304, (i + 1) * 2304).join()}`);
    const [train, validation] = [facesOf(seen.splits.train), facesOf(seen.splits.validation)];
    expect([train.length, validation.length]).toEqual([20, 70]);
    expect(train.filter((face) => validation.includes(face))).toEqual([]);
    const [all, others] = [facesOf(DRAWN.splits.train), facesOf(DRAWN.splits.validation)];
    expect(train.every((face) => all.includes(face))).toBe(true);
    expect(validation.every((face) => others.includes(face))).toBe(true);
    expect(new Set(train).size).toBe(20);
  });

  it('stopped within a run ends with the complete runs, and without a conclusion', async () => {
    const control = new Control();
    const onProgress = ({ done }: LabProgress) => done > 2 && control.stop('sigint');
    const { results, finding } = await tinyLab(gpu(), 'dropout', { control, onProgress });
    expect(results.runs.map(({ variant }) => variant)).toEqual(['none', 'rate 0.25']);
    expect(finding).toBeUndefined();
  });

  it('tells how far it is, and the time that is left once there is something to judge by', async () => {
    const told: LabProgress[] = [];
    await tinyLab(gpu(), 'depth', { onProgress: (progress) => told.push(progress) });
    const done = told.map((progress) => progress.done);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(told[0]).toMatchObject({ done: 0, total: 8, variant: '1 block', seed: 3, etaS: null });
    expect(told.at(-1)).toMatchObject({ done: 8, total: 8, variant: '4 blocks', seed: 5 });
    expect(told.at(-1)?.etaS).toBeCloseTo(0, 0);
  });
});
