import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Study } from '../../src/study/study.js';
import type { TrialRecord } from '../../src/study/trial.js';
import { runCli } from '../helpers/cli.js';
import { describeGpu } from '../helpers/gpu.js';
import { childrenOf, eventsOf, folder, newOut, searching, watched } from './searches.js';

/** How searches end that do not end well. */

describeGpu('a search', () => {
  it('killed with kill -9, its process of trials too, shows that trial as interrupted until it is resumed', async () => {
    const shown = async (out: string) =>
      JSON.parse((await runCli(['studies', 'show', out, '--json'])).stdout).trials as TrialRecord[];
    const facts = ({ number, curve, state, values }: TrialRecord) => ({ number, curve, state, values });
    const whole = newOut();
    expect((await runCli(searching(whole, '--trials', '2'))).code).toBe(0);

    const out = newOut();
    const end = await watched(searching(out, '--trials', '2'), (child) => {
      if (eventsOf(out) === 0) return;
      for (const worker of childrenOf(child)) process.kill(worker, 'SIGKILL');
      child.kill('SIGKILL');
    });
    expect(end).toBe('SIGKILL');
    expect((await shown(out)).map(({ number, state }) => [number, state])).toEqual([[1, 'interrupted']]);
    expect((await runCli(['studies', 'show', out])).stdout).toContain('1 of 2 trials: 1 interrupted');
    expect((await runCli(['search', '--resume', out])).code).toBe(0);
    expect((await shown(out)).map(facts)).toEqual((await shown(whole)).map(facts));
  });

  it('none of whose trials can be trained ends with their exit code, and is removed if that is usage', async () => {
    const wrong = newOut();
    const tiny = ['--data', 'synthetic:70', '--model', 'fer-shallow', '--filters', '4', '--dense', '8'];
    const bins = ['--features', 'lbp', '--lbp-bins', '5000'];
    const cv = await runCli(['cv', ...tiny, ...bins, '--folds', '2', '--out', wrong]);
    expect([cv.code, cv.stdout]).toEqual([2, '']);
    expect(cv.stderr).toContain('no trial succeeded; trial 1 failed: lbp-bins = 5000');
    expect(existsSync(wrong)).toBe(false);

    const out = newOut();
    const space = join(folder, 'diverging.yaml');
    writeFileSync(space, 'space: {lr: [9, 10]}\n');
    const diverging = ['--optimizer', 'sgd', '--activation', 'relu', '--l2', '1', '--epochs', '3'];
    const search = await runCli(['search', space, ...tiny, ...diverging, '--out', out, '--json']);
    expect([search.code, search.stderr]).toEqual([
      6,
      expect.stringContaining('no trial succeeded; trial 1 failed: training diverged'),
    ]);
    expect(JSON.parse(search.stdout.trim().split('\n').at(-1) ?? '')).toEqual({
      ...{ type: 'end', status: 'failed', exit: 6 },
    });
    expect(Study.open(out).trials.map(({ state, exit }) => [state, exit])).toEqual(
      Array(2).fill(['failed', 6]),
    );
    const one = await runCli(['trial', out, '1']);
    expect([one.code, one.stderr]).toEqual([6, expect.stringContaining('trial 1 failed: training diverged')]);
  });
});
