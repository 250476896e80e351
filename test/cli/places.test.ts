import { expect, it } from 'vitest';
import { runCli } from '../helpers/cli.js';
import { describeGpu } from '../helpers/gpu.js';
import { runTogether } from '../helpers/together.js';

// What else is wrong with these lines would be told as soon as the work begins.
const LINES: string[][] = [
  ['bench', '--compare', 'nowhere.json', '--out', 'nowhere/new.json'],
  ['noise', '--data', 'nowhere.csv', '--csv', 'nowhere/suspects.csv'],
  ['inspect', 'nowhere.h5', '--html', 'nowhere/page.html'],
];
const run = runTogether(LINES);

it.each(LINES)('%s finds out before its work that its file cannot be written', async (...line) => {
  const { code, stderr } = await run(line);
  expect(stderr).toMatch(
    /^fer-tui: cannot write nowhere\/\S+: there is no such folder; choose another folder/,
  );
  expect(code).toBe(5);
});

describeGpu('fer-tui tune', () => {
  it('finds out before it measures that its table cannot be written', async () => {
    const { code, stderr } = await runCli(['tune', '--out', '.']);
    expect([code, stderr]).toEqual([5, expect.stringContaining('cannot write .: it is a folder')]);
  });
});
