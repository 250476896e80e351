import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { labText } from '../../src/cli/lab_text.js';
import { LABS } from '../../src/labs/all.js';
import { depth } from '../../src/labs/depth.js';
import { higher } from '../../src/labs/kit/finding.js';
import { type LabRun, Results } from '../../src/labs/kit/results.js';
import type { LabReport } from '../../src/labs/kit/run_lab.js';
import type { Capability } from '../../src/tui/paint/capability.js';
import { runCli } from '../helpers/cli.js';
import { describeGpu } from '../helpers/gpu.js';
import { runTogether } from '../helpers/together.js';

const TINY = ['--data', 'synthetic:350', '--faces', '28', '--epochs', '1'];

/** A report of `depth` whose accuracies with the seeds 1 and 2 are these, for all variants. */
function reportOf(accuracies: readonly number[], complete = true): LabReport {
  const runs = accuracies.flatMap((validation, i) =>
    depth.variants.map(
      ({ name }, v): LabRun => ({
        ...{
          variant: name,
          seed: i + 1,
          numbers: { weights: 10, training: 1, validation: validation + v / 10 },
        },
        curve: [
          { x: 1, y: 0.1 },
          { x: 2, y: validation + v / 10 },
        ],
      }),
    ),
  );
  const results = new Results(depth, runs, 7);
  return {
    ...{
      lab: depth,
      results,
      seeds: accuracies.map((_, i) => i + 1),
      epochs: 2,
      adapter: 'none',
      seconds: 61,
    },
    data: { name: 'drawn faces', train: 1400, validation: 420 },
    finding: complete
      ? { expected: 'x', ...higher(results, { measure: 'validation', high: '4 blocks', low: '1 block' }) }
      : undefined,
  };
}

describe('the report of a lab as text', () => {
  const plain: Capability = { color: 'none', glyphs: 'unicode' };

  it('has the table, the plot, the seeds, and what to notice', () => {
    const text = labText(reportOf([0.2, 0.4]), plain, 120);
    expect(text).toMatch(
      /^depth: Is a deeper network better, and by how much\?\ndrawn faces, 1,400 training/,
    );
    expect(text.replaceAll('\n', ' ')).toContain('2 epochs, seeds 1, 2; none, 1 min');
    expect(text).toMatch(/^2 blocks +10 ± 0 +100\.0 ± 0\.0 % +40\.0 ± 14\.1 %$/m);
    expect(text).toContain("30.0 ± 14.1 %  the reference's shallow network: 35 % (FER-2013)");
    expect(text).toContain('validation accuracy by epoch\n1 block * 30.0 %  2 blocks o 40.0 %');
    expect(text).toContain('mean ± standard deviation over 2 seeds');
    expect(text.replaceAll('\n', ' ')).toContain(
      'As expected, x: validation accuracy 60.0 ± 14.1 % (4 blocks)',
    );
    expect(text).not.toContain('\x1b');
  });

  it('has one line a number where the table is too wide', () => {
    const text = labText(reportOf([0.2, 0.4]), plain, 60);
    expect(text).toContain(
      '\n2 blocks\n  weights              10 ± 0\n  training accuracy    100.0 ± 0.0 %\n',
    );
    expect(text).toContain("\n                       the reference's deep network: 58 % (FER-2013)\n");
  });

  it('has error bars: the curve of the last epoch reaches over a standard deviation', () => {
    const width = (accuracies: readonly number[]) =>
      labText(reportOf(accuracies), plain, 80)
        .split('\n')
        .filter((line) => /[⡀-⣿*o+x]$/.test(line) && line.includes('│')).length;
    expect(width([0.1, 0.5])).toBeGreaterThan(width([0.3, 0.3]) + 3);
  });

  it('in ASCII has nothing else, and with colour has colour', () => {
    const ascii = labText(reportOf([0.2, 0.4]), { color: 'none', glyphs: 'ascii' }, 80);
    expect(ascii).toMatch(/^[\n\x20-\x7e]+$/);
    expect(ascii).toContain('40.0 +- 14.1 %');
    expect(labText(reportOf([0.2, 0.4]), { color: '16', glyphs: 'unicode' }, 80)).toContain('\x1b[');
  });

  it('says that a partial one is partial, and that one seed has no error bars', () => {
    const text = labText(reportOf([0.2], false), plain, 80);
    expect(text).toContain('PARTIAL: interrupted after 4 of 4 runs; nothing is concluded from them.');
    expect(text).toContain('One seed gives no error bars.');
    expect(text).not.toContain('NaN');
  });
});

describe('fer-tui lab', () => {
  it('lists every lab with its question', async () => {
    const { code, stdout } = await runCli(['lab']);
    expect(code).toBe(0);
    for (const { name, question } of LABS) {
      expect(stdout.split('\n')).toContain(`${name.padEnd(13)}  ${question}`);
    }
    const { labs } = JSON.parse((await runCli(['lab', '--json'])).stdout) as { labs: { name: string }[] };
    expect(labs.map(({ name }) => name)).toEqual(LABS.map(({ name }) => name));
  });

  const WRONG: readonly (readonly [line: readonly string[], message: string])[] = [
    [['droput'], 'did you mean "dropout"?'],
    [['init', '--all'], '--all runs every lab: omit either'],
    [['init', '--seeds', '1,1'], 'seeds = 1,1: expected different whole numbers'],
    [['init', '--seeds', '1,x'], 'seeds = 1,x: expected different whole numbers'],
    [['init', '--faces', '0'], 'faces = 0: expected a whole number of 1 or more'],
    [['init', '--epochs', '1.5'], 'epochs = 1.5: expected a whole number of 1 or more'],
  ];
  const refused = runTogether(WRONG.map(([line]) => ['lab', ...line]));
  it.each(WRONG)('%j is wrong usage', async (line, message) => {
    const { code, stderr } = await refused(['lab', ...line]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

describeGpu('fer-tui lab NAME', () => {
  it('prints its report, and writes runs, curves and plot', async () => {
    const out = join(mkdtempSync(join(tmpdir(), 'fer-tui-lab-')), 'new');
    const { code, stdout, stderr } = await runCli([
      'lab',
      'precision',
      ...TINY,
      '--seeds',
      '1,2',
      '--out',
      out,
    ]);
    expect(code).toBe(0);
    expect(stderr).toContain('precision, run 1 of 4: float32, seed 1');
    expect(stdout).toContain('precision: Does training suffer if convolutions store halves?');
    expect(readdirSync(out)).toEqual(['precision-curves.csv', 'precision.csv', 'precision.svg']);
    expect(readFileSync(join(out, 'precision.csv'), 'utf8').split('\n')).toHaveLength(6);
    expect(readFileSync(join(out, 'precision.svg'), 'utf8')).toMatch(
      /^<svg [\s\S]*mixed_float16[\s\S]*<\/svg>\n$/,
    );
  });

  it('--json prints one object with every run', async () => {
    const { code, stdout } = await runCli(['lab', 'precision', ...TINY, '--seeds', '1,2', '--json']);
    expect(code).toBe(0);
    const report = JSON.parse(stdout) as {
      complete: boolean;
      runs: { seed: number; numbers: { loss: number } }[];
      variants: { name: string; numbers: { loss: { mean: number; n: number } } }[];
      finding: { sentence: string };
    };
    expect(report.complete).toBe(true);
    expect(report.runs.map(({ seed }) => seed)).toEqual([1, 1, 2, 2]);
    const losses = report.runs.map(({ numbers }) => numbers.loss);
    expect(report.variants[0]?.numbers.loss.mean).toBe(((losses[0] ?? 0) + (losses[2] ?? 0)) / 2);
    expect(report.finding.sentence).toMatch(/\.$/);
  });

  it('SIGINT ends it with the complete runs, said to be partial, and 130', async () => {
    let sent = false;
    const { code, stdout, stderr } = await runCli(
      ['lab', 'precision', ...TINY.slice(0, 4), '--epochs', '9999'],
      {
        onStderr: (text, kill) => {
          if (sent || !text.includes('run 1 of 6')) return;
          sent = true;
          kill('SIGINT');
        },
      },
    );
    expect(code).toBe(130);
    expect(stderr).toContain('what is done so far will be shown');
    expect(stdout).toContain('PARTIAL: interrupted after 0 of 6 runs');
  });
});
