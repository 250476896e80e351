import { expect, it } from 'vitest';
import { loadDataset } from '../../src/data/load.js';
import { LABS } from '../../src/labs/all.js';
import { sentenceOf } from '../../src/labs/kit/finding.js';
import { runLab } from '../../src/labs/kit/run_lab.js';
import { Control } from '../../src/train/control.js';
import { describeGpu } from '../helpers/gpu.js';
import { FER2013, needs } from '../helpers/needs.js';
import { tinyLab } from './tiny_lab.js';

describeGpu('at full size, on drawn faces,', (gpu) => {
  it.each(LABS.map((lab) => [lab.name, lab] as const))(
    'the lab %s shows what one expects',
    needs.full,
    async (_, lab) => {
      const dataset = await loadDataset('synthetic');
      const { finding } = await runLab(lab, {
        gpu: gpu(),
        dataset,
        seeds: [1, 2, 3],
        control: new Control(),
      });
      expect(finding && sentenceOf(finding)).toMatch(/^As expected, /);
      expect(finding?.verdict).toBe('yes');
    },
  );
});

describeGpu('on FER-2013', (gpu) => {
  it('a lab takes as many faces as asked, at random', needs.fer2013, async () => {
    const { data, results } = await tinyLab(gpu(), 'depth', {
      dataset: await loadDataset(FER2013),
      seeds: [1],
    });
    expect(data).toMatchObject({ train: 28, validation: 420 });
    for (const { numbers } of results.runs) expect(numbers['validation']).toBeGreaterThan(0);
  });
});
