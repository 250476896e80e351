import { describe, expect, it } from 'vitest';
import { chartTable, epochSeries, legend, lineChart, type Series } from '../../src/tui/charts/line_chart.js';
import { widthOf } from '../../src/tui/text.js';
import { makeTheme } from '../../src/tui/theme.js';
import { percent, scaleOver, shortNumber, ticks } from '../../src/util/axis.js';

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

describe('ticks', () => {
  it('are 1, 2 or 5 times a power of ten apart', () => {
    expect(ticks(0, 100, 10)).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
    expect(ticks(0, 100, 9)).toEqual([0, 20, 40, 60, 80, 100]);
    expect(ticks(0, 100, 4)).toEqual([0, 50, 100]);
    expect(ticks(0, 100, 1)).toEqual([0, 100]);
    expect(ticks(-3, 3, 3)).toEqual([-2, 0, 2].map((v) => expect.closeTo(v, 12)));
    expect(ticks(0, 1, 0)).toEqual([0]);
    expect(ticks(0, 1, 9, { whole: true })).toEqual([0, 1]);
    expect(ticks(5, 2, 4)).toEqual([5]);
  });

  it('keep to a given range, and scales to theirs', () => {
    const scale = scaleOver([1, 99], { range: [0, 4] });
    expect([scale.low, scale.high, scale.place(1), scale.place(4)]).toEqual([0, 4, 0.25, 1]);
    expect(scaleOver([4])).toMatchObject({ low: 3.6, high: expect.closeTo(4.4, 12) });
    expect(scaleOver([0])).toMatchObject({ low: -0.5, high: 0.5 });
    expect(scaleOver([-2])).toMatchObject({ low: -2.5, high: -1.5 });
    const log = scaleOver([1, 100], { log: true });
    expect([log.place(1), log.place(10), log.place(100)]).toEqual([0, expect.closeTo(0.5, 12), 1]);
  });

  it.each([
    [0.001, '0.001'],
    [0.00099, '9.9e-4'],
    [0.1, '0.10'],
    [10, '10.0'],
    [100, '100'],
    [99_999, '99999'],
    [100_000, '1.0e+5'],
    [-12.34, '-12.3'],
  ])('a number of an axis: %d is %s', (value, text) => expect(shortNumber(value)).toBe(text));

  it('percent', () => {
    expect([percent(0.4567), percent(0.4567, 0), percent(1, 2)]).toEqual(['45.7 %', '46 %', '100.00 %']);
  });
});

describe('a line chart, cell by cell', () => {
  const ascii = { cols: 26, rows: 6, theme: PLAIN, glyphs: 'ascii' as const };
  const points = (...ys: number[]) => ys.map((y, x) => ({ x, y }));
  const draw = (ys: readonly number[], more: Partial<Series> = {}, over: object = {}): string[] =>
    lineChart([{ name: 'a', role: 'train', mark: '*', points: points(...ys), ...more }], {
      ...ascii,
      ...over,
    });

  it('rises to the right, high values at the top', () => {
    // Column c of 0..19 lies in row round(4 - 4c / 19).
    const columns = Array.from({ length: 20 }, (_, c) => Math.round(4 - (4 * c) / 19));
    const rows = [0, 1, 2, 3, 4].map((row) => columns.map((at) => (at === row ? '*' : ' ')).join(''));
    const lines = draw([0, 4], {}, { y: [0, 4] });
    expect(lines.slice(0, 5).map((line) => line.slice(6).padEnd(20))).toEqual(rows);
    expect(lines.map((line) => line.slice(0, 6))).toEqual([
      ...[' 4.00|', '     |', '     |', '     |', '0.000|', '     +'],
    ]);
    expect(draw([0, 4], {}, { y: [0, 4], rows: 9 })[4]).toMatch(/^ 2\.00\|/);
  });

  it('joins low and high of a point, and breaks where there is no number', () => {
    const spike = [
      { x: 0, y: 1 },
      { x: 1, y: 1, low: 0, high: 4 },
      { x: 2, y: 1 },
    ];
    const lines = draw([], { points: spike }, { y: [0, 4] });
    expect(lines.slice(0, 5).map((line) => line[6 + 10])).toEqual(Array(5).fill('*'));
    const fitted = draw([], { points: spike });
    expect([fitted[0]?.slice(0, 5), fitted[4]?.slice(0, 5)]).toEqual([' 4.00', '0.000']);
    const wide = draw([2, 2], {}, { y: [0, 4], x: [0, 2] });
    expect(wide[2]?.slice(6).trimEnd()).toMatch(/^\*{10,11}$/);
    const gap = draw([2, Number.NaN, 2], {}, { y: [0, 4] });
    expect(gap.join('').match(/\*/g)).toHaveLength(2);
    const whole = draw([2, 2, 2], {}, { y: [0, 4] });
    expect(whole[2]?.slice(6)).toBe('*'.repeat(20));
  });

  it('has the label that is asked for, markers in ASCII, and room for the widest value', () => {
    const lines = draw(
      [1, 2],
      {},
      { xLabel: 'step', format: (v: number) => `${v} units`, markers: [{ x: 0, sign: '▼' }] },
    );
    expect(lines[0]).toMatch(/^2 units\|v/);
    expect(lines.at(-1)).toMatch(/^ {7}\+.* step$/);
    for (const [sign, letter] of [
      ['‖', '='],
      ['▲', '^'],
      ['✓', '+'],
      ['x', 'x'],
    ] as const) {
      expect(draw([1, 2], {}, { markers: [{ x: 0, sign }] })[0]).toContain(`|${letter}`);
    }
  });

  it('needs 16 columns, 3 rows and a number', () => {
    for (const over of [{ cols: 15 }, { rows: 2 }])
      expect(draw([1, 2], {}, over).join('')).toBe('no values yet');
    expect(draw([1, 2], {}, { cols: 16, rows: 3 }).join('')).toContain('*');
    expect(draw([], {}, { rows: 5 })).toEqual(['', '', 'no values yet', '', '']);
  });

  it('reaches to baselines; a log scale puts the geometric mean into the middle', () => {
    expect(draw([1, 2], {}, { baselines: [{ y: 8, label: 'far' }] })[0]).toMatch(/^8\.00\|.*far$/);
    const log = draw([1, 10, 100], {}, { log: true, rows: 6 });
    expect(log[2]?.slice(5)).toContain('*');
    expect(log[2]?.indexOf('*')).toBeLessThan(5 + 12);
  });

  it('marks points apart by a cell at least, in the marks of its place', () => {
    const dots = lineChart(
      [{ name: 'a', role: 'train', mark: 'o', dots: true, points: points(...Array<number>(200).fill(1)) }],
      options,
    );
    const marks = dots.join('').match(/o/g) ?? [];
    expect(marks.length).toBeGreaterThan(30);
    const styles = [0, 1, 2, 3, 4].map((i) => epochSeries(i, 'a', [{ epoch: 1 }], () => 1));
    expect(styles.map(({ mark }) => mark).join('')).toBe('*o+x*');
    expect(styles[1]).toMatchObject({ role: 'validation', dots: true, points: [{ x: 1, y: 1 }] });
  });

  it('a legend has the latest number, and no unnamed curve; nor has the table', () => {
    const a: Series = { name: 'a', role: 'train', mark: '*', points: points(1, 2, Number.NaN) };
    const faint: Series = { ...a, name: 'faint', unnamed: true };
    expect(legend([a, faint], options)).toBe('a ── 2.00');
    expect(legend([a, { ...a, name: 'b', points: [] }], { ...options, glyphs: 'ascii' })).toBe(
      'a * 2.00  b * –',
    );
    const b: Series = {
      ...a,
      name: 'a long name that is cut',
      points: [
        { x: 0.5, y: 7 },
        { x: 1, y: 8 },
      ],
    };
    expect(chartTable([a, faint, b], { rows: 4, xLabel: 'step' })).toEqual([
      '   step          a a long nam',
      '      2        NaN          –',
      '      1       2.00       8.00',
      '   0.50          –       7.00',
    ]);
  });
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

  it('puts an epoch that is alone between its neighbours', () => {
    const lines = lineChart([{ name: 'a', role: 'train', mark: '*', points: [{ x: 1, y: 2 }] }], options);
    expect(lines.at(-1)).toMatch(/└0─+1─+ epoch$/);
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
