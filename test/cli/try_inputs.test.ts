import { expect, it } from 'vitest';
import { runCli } from '../helpers/cli.js';
import { describeGpu } from '../helpers/gpu.js';

describeGpu('evaluate --preprocess auto', () => {
  const line = ['evaluate', '--weights', 'fer-shallow', '--data', 'synthetic:140', '--preprocess', 'auto'];

  it('prints what was tried, how sure it is, and the command that evaluates with the best', async () => {
    const { code, stdout } = await runCli(line);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^70 images; always answering the most frequent class is right in 14\.3 %\n/);
    for (const name of ['mean', 'scale255', 'minus1to1', 'none', 'standardize-image'])
      expect(stdout).toMatch(new RegExp(`^${name} +given +\\d+\\.\\d %`, 'm'));
    expect(stdout).toMatch(/not sure|fits best|none is better than guessing/);
    const asked = /^fer-tui evaluate --weights fer-shallow --data synthetic:140 --preprocess ([\w-]+)$/m;
    const [, best = ''] = asked.exec(stdout) ?? [];
    expect(best).not.toBe('');
    // What was taken from the training images is then in no file.
    const fitted = ['mean', 'standardize', 'standardize-global'].includes(best);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(
      fitted
        ? `fer-tui export fer-shallow --data synthetic:140 --preprocess ${best} --to h5`
        : asked.exec(stdout)?.[0],
    );
  });

  it('as JSON has every trial, the best first', async () => {
    const { stdout } = await runCli([...line, '--limit', '35', '--json']);
    const { trials, count, sure, pValue, guess } = JSON.parse(stdout);
    expect([count, trials.length, typeof sure]).toEqual([35, 7, 'boolean']);
    expect(guess).toBeGreaterThan(0.14);
    expect(sure).toBe(pValue < 0.01);
    const accuracies = trials.map(({ accuracy }: { accuracy: number }) => accuracy);
    expect(accuracies).toEqual([...accuracies].sort((a, b) => b - a));
    expect(trials[0].classes).toHaveLength(7);
  });

  it.each([
    ['--weights', 'fer-cnn', 'fer-vgg'],
    ['--tta', 'flip'],
    ['--skip-unknown'],
  ])('with %s is wrong usage', async (...more) => {
    const { code, stderr } = await runCli([
      'evaluate',
      '--data',
      'synthetic:70',
      '--classes',
      'auto',
      ...more,
    ]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('auto tries one network on plain images')]);
  });
});
