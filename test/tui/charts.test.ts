import { describe, expect, it } from 'vitest';
import { scaleOver, shortNumber, ticks } from '../../src/tui/charts/axis.js';
import { chartTable, epochSeries, legend, lineChart, type Series } from '../../src/tui/charts/line_chart.js';
import { widthOf } from '../../src/tui/text.js';
import { makeTheme } from '../../src/tui/theme.js';

const PLAIN = makeTheme({ color: 'none', glyphs: 'unicode' });
const options = { cols: 40, rows: 8, theme: PLAIN, glyphs: 'unicode' as const };
const curve = (...values: number[]): Series =>
  epochSeries(
    0,
    'a',
    values.map((value, i) => ({ epoch: i + 1, value })),
    ({ value }) => value,
  );

describe('scales', () => {
  it('put round numbers on an axis', () => {
    expect(ticks(0, 10, 5)).toEqual([0, 2, 4, 6, 8, 10]);
    expect(ticks(0.13, 0.61, 3)).toEqual([0.2, 0.4, 0.6000000000000001]);
    expect(ticks(1, 3, 9, { whole: true })).toEqual([1, 2, 3]);
    expect(ticks(2, 2, 4)).toEqual([2]);
  });

  it('take logarithms only of what has them', () => {
    const log = scaleOver([0.01, 1], { log: true });
    expect(log.place(0.1)).toBeCloseTo(0.5);
    expect(scaleOver([0, 1], { log: true }).place(0.5)).toBeCloseTo(0.5);
  });

  it('leave what is no number out, and have room around a single value', () => {
    expect(scaleOver([Number.NaN, 2, Number.POSITIVE_INFINITY, 4])).toMatchObject({ low: 2, high: 4 });
    const single = scaleOver([3]);
    expect(single.low).toBeLessThan(3);
    expect(single.high).toBeGreaterThan(3);
    expect(scaleOver([])).toMatchObject({ low: 0, high: 1 });
  });

  it.each([
    [1.2345, '1.23'],
    [0.01234, '0.012'],
    [12.345, '12.3'],
    [1234.5, '1235'],
    [0.00001, '1.0e-5'],
    [0, '0.000'],
  ])('write %f as %s', (value, text) => expect(shortNumber(value)).toBe(text));
});

describe('a line chart', () => {
  it.each([
    ['unicode', 60, 12],
    ['ascii', 24, 5],
    ['unicode', 16, 3],
  ] as const)('fills its place and no more: %s, %i x %i', (glyphs, cols, rows) => {
    const lines = lineChart([curve(1, 0.5, 0.25, 0.3)], { ...options, glyphs, cols, rows });
    expect(lines).toHaveLength(rows);
    for (const line of lines) expect(widthOf(line)).toBe(cols);
  });

  it('has the range on the left and epochs below', () => {
    const lines = lineChart([curve(1, 0.5, 0.25)], options);
    expect(lines[0]).toMatch(/^ ?1\.00┤/);
    expect(lines[6]).toMatch(/^ ?0\.25┤/);
    expect(lines[7]).toMatch(/└1─+2─+3?─* epoch$/);
  });

  it('keeps a single spike among thousands of points', () => {
    const points = Array.from({ length: 5000 }, (_, x) => ({ x, y: x === 2500 ? 10 : 1 }));
    const lines = lineChart([{ name: 'a', role: 'train', mark: '*', points }], options);
    expect(lines[0]?.slice(6).trim()).toMatch(/[\u2801-\u28ff]/);
    const thinned = [
      { x: 0, y: 1, low: 1, high: 10 },
      { x: 1, y: 1 },
    ];
    const low = lineChart([{ name: 'a', role: 'train', mark: '*', points: thinned }], options);
    expect(low[0]).toMatch(/[\u2801-\u28ff]/);
  });

  it('draws baselines with their words, and marks what happened', () => {
    const text = lineChart([curve(0.2, 0.5, 0.6)], {
      ...options,
      y: [0, 1],
      baselines: [{ y: 0.143, label: 'chance 14.3' }],
      markers: [{ x: 2, sign: '▼' }],
    });
    expect(text.join('\n')).toContain('· · ·');
    expect(text.join('\n')).toContain('chance 14.3');
    expect(text[0]).toContain('▼');
  });

  it('writes words of baselines that lie together, or under a curve, above and below each other', () => {
    const text = lineChart([curve(0.2, 0.5, 0.21)], {
      ...options,
      y: [0, 1],
      baselines: [
        { y: 0.2, label: 'largest class 20' },
        { y: 0.19, label: 'chance 14.3' },
      ],
    }).join('\n');
    expect(text).toContain('largest class 20');
    expect(text).toContain('chance 14.3');
  });

  it('tells curves apart by marks where there is no colour', () => {
    const b = epochSeries(1, 'b', [{ epoch: 1 }, { epoch: 2 }], ({ epoch }) => epoch / 4);
    const text = lineChart([curve(0.1, 0.9), b], { ...options, glyphs: 'ascii' }).join('\n');
    expect(text).toContain('*');
    expect(text).toContain('o');
    expect(text).not.toMatch(/[\u0080-\uffff]/);
    expect(legend([curve(0.1, 0.9), b], options)).toBe('a * 0.90  b o 0.50');
  });

  it('colours by meaning, and breaks the line where there is no number', () => {
    const theme = makeTheme({ color: '16', glyphs: 'unicode' });
    expect(lineChart([curve(0, 1)], { ...options, theme }).join('')).toContain('\x1b[36m');
    const broken = lineChart([curve(1, Number.NaN, 1)], { ...options, y: [0, 2] });
    expect(broken.join('').match(/\*/g)).toHaveLength(2);
  });

  it('says that there is nothing yet', () => {
    expect(lineChart([curve(Number.NaN)], options).join('')).toBe('no values yet');
  });

  it('is also a table, the latest epoch first', () => {
    const table = chartTable([curve(1, 0.5, 0.25)], { rows: 3 });
    expect(table).toEqual(['  epoch          a', '      3       0.25', '      2       0.50']);
  });
});
