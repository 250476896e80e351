import { describe, expect, it } from 'vitest';
import { lineChart } from '../../src/tui/line_chart.js';

const options = { width: 40, height: 8, color: false, title: 'loss' };

describe('a line chart', () => {
  it('shows range, epochs and the last value, in braille', () => {
    const lines = lineChart([{ name: 'a', values: [1, 0.5, 0] }], options);
    expect(lines).toHaveLength(options.height);
    expect(lines[0]).toBe('loss  a 0.00');
    expect(lines[1]).toMatch(/^ 1\.00 ┤⠉/);
    expect(lines[5]).toMatch(/^ 0\.00 ┤ +[\u2800-\u28ff]+$/);
    expect(lines.at(-1)).toMatch(/^ +1 +3 epochs$/);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(48);
  });

  it('without colour tells several curves apart by their marks', () => {
    const text = lineChart(
      [
        { name: 'a', values: [0, 1] },
        { name: 'b', values: [1, null, 0.5] },
      ],
      options,
    ).join('\n');
    expect(text).toContain('* a 1.00');
    expect(text).toContain('o b 0.500');
    expect(text).not.toMatch(/[^\x20-\x7e\n]/);
  });

  it('in colour uses it for curves and legend alike', () => {
    const text = lineChart([{ name: 'a', values: [0, 1] }], { ...options, color: true }).join('\n');
    expect(text).toContain('\x1b[36ma 1.00\x1b[0m');
  });

  it('takes one value, a flat line, and nothing at all', () => {
    expect(lineChart([{ name: 'a', values: [3] }], options)[0]).toBe('loss  a 3.00');
    expect(lineChart([{ name: 'a', values: [2, 2, 2] }], options).join('')).toContain('2.50');
    expect(lineChart([{ name: 'a', values: [null, Number.NaN] }], options)).toEqual(['loss: no values yet']);
  });
});
