import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { describeGpu } from '../helpers/gpu.js';

const EXAMPLE = new URL('../../examples/small_network.mjs', import.meta.url);

it('the example is short', () => {
  expect(readFileSync(EXAMPLE, 'utf8').split('\n').length).toBeLessThan(40);
});

describeGpu('the example', () => {
  it('runs as its readers would run it, and learns', () => {
    const root = fileURLToPath(new URL('../../', import.meta.url));
    const { stdout, stderr, status } = spawnSync(process.execPath, [fileURLToPath(EXAMPLE)], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(status, stderr).toBe(0);
    const accuracy = Number(/validation accuracy ([\d.]+) %/.exec(stdout)?.[1]);
    expect(accuracy).toBeGreaterThan(25);
  });
});
