import { describe, expect, it } from 'vitest';
import { noiseLines } from '../../src/cli/noise_lines.js';
import { syntheticFaces } from '../../src/data/synthetic.js';
import type { NoiseReport } from '../../src/noise/report.js';
import { detectCapability } from '../../src/tui/paint/capability.js';

const options = {
  capability: detectCapability({ LANG: 'C' }, false, { color: 'never' }),
  ...{ pictures: false, width: 80 },
};
const faces = syntheticFaces(7, 70);
const dataset = { ...faces, classes: ['a', 'b'] };
const twin = (split: 'train' | 'test', index: number, label: number) => ({ split, index, label });
const suspect = { row: 9, label: 0, proposed: 1, own: 0.125, other: 0.75, score: 0.125 };
const statistics = { deviation: 0, tones: 1, plain: 1, edges: 0 };

const report: NoiseReport = {
  labels: {
    joint: [
      [30.4, 4.6],
      [2, 33],
    ],
    ...{ noise: 0.1, agreement: 0.8, suspects: [suspect, { ...suspect, row: 3, own: 0.25 }] },
  },
  decided: 1,
  ferplus: { images: 70, disputed: 20, suspects: 8, confirmed: 4, sameClass: 3 },
  identical: [
    [twin('train', 1, 0), twin('test', 2, 0)],
    [twin('train', 3, 0), twin('train', 4, 1)],
    [twin('train', 5, 0), twin('train', 6, 1)],
  ],
  near: [
    { a: twin('train', 1, 0), b: twin('test', 2, 0), correlation: 1 },
    { a: twin('train', 1, 0), b: twin('test', 3, 1), correlation: 1 },
    { a: twin('train', 1, 0), b: twin('test', 4, 0), correlation: 1 },
  ],
  notFaces: [
    { ...twin('train', 7, 0), kind: 'plain', ...statistics },
    { ...twin('test', 8, 1), kind: 'blank', ...statistics },
    { ...twin('test', 9, 1), kind: 'plain', ...statistics },
  ],
};

describe('the report on label noise', () => {
  it('says what was estimated, who is suspect, and what FER+ and the pixels say', () => {
    expect(noiseLines(report, dataset, 1, options)).toBe(`drawn faces, 70 training images

predictions: 80.0 % of the labels agree with them; the fewer agree, the less reliable is the list of suspects
labels: about 10.0 % are wrong by the confident joint; 2 suspects, 1 more are decided

estimated images (row: label, column: true class)
    a   b
-  --  --
a  30   5
b   2  33

FER+ disputes the labels of 20 of 70 (28.6 %) images, and of 4 of 8 (50.0 %) suspects;
  it names the proposed class for 3 of 4 (75.0 %) of these; suspects are 4 of 20 (20.0 %) of all disputed labels

   train  label       p  proposed       p
-  -----  -----  ------  --------  ------
1      9      a  12.5 %         b  75.0 %

identical images: 3 groups, 1 across splits, 2 with several labels
nearly identical: 3 pairs, 3 across splits, 1 with two labels
probably no faces: 3
  blank: test 8
  plain: train 7, test 9
`);
  });
});
