import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../helpers/cli.js';
import { pageProblems } from '../helpers/pages.js';
import { runsFolder, writeRun } from '../helpers/run_folders.js';

describe('fer-tui report', () => {
  const folder = runsFolder();
  const path = writeRun(folder, 'r7');
  writeRun(folder, 'empty', { events: [] });
  writeRun(folder, 'damaged', { events: [], rest: 'nonsense\n' });
  const report = (...words: string[]) => runCli(['report', ...words, '--folder', folder]);

  it("writes the page into the run's folder, and says what it lacks", async () => {
    const { code, stdout, stderr } = await report('r7');
    const out = join(path, 'report.html');
    expect([code, stdout]).toEqual([0, `${out}\n`]);
    expect(stderr).toContain('the page lacks what the weights would show: ');
    expect(pageProblems(readFileSync(out, 'utf8'))).toEqual([]);
  });

  it('writes elsewhere, and prints what it has measured as JSON and nothing else', async () => {
    const out = join(folder, 'page.html');
    const { code, stdout } = await report('r7', '--out', out, '--json');
    expect([code, existsSync(out)]).toEqual([0, true]);
    expect(JSON.parse(stdout)).toEqual({
      ...{ v: 1, type: 'result', run: 'r7', path, status: 'finished', out, weights: null, evaluation: null },
      missing: expect.stringContaining('there are no weights'),
    });
  });

  it.each([
    ['of a run that does not exist', 'r8', [], 'no run "r8"; there are: '],
    ['of an empty log', 'empty', [], 'its log is empty'],
    ['of a log that is damaged at once', 'damaged', [], 'its log is damaged from the first line on'],
    [
      'into a folder that does not exist',
      'r7',
      ['--out', '/nowhere/page.html'],
      'cannot write /nowhere/page.html',
    ],
  ])('%s is a clear message', async (_, run, more, message) => {
    const { code, stderr, stdout } = await report(run, ...more);
    expect([code, stdout]).toEqual([5, '']);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
  });
});
