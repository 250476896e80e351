import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const scripts: Record<string, string> = JSON.parse(read('package.json')).scripts;

interface Job {
  readonly strategy: { readonly matrix: { readonly node: readonly number[] } };
  readonly steps: readonly { readonly uses?: string; readonly run?: string }[];
}
const { jobs }: { jobs: Record<string, Job> } = parse(read('.github/workflows/ci.yml'));
const steps = Object.values(jobs).flatMap((job) => job.steps);

it('the workflow runs .ci/run on Linux with every supported version of Node.js', () => {
  expect(jobs['linux']?.steps.at(-1)).toEqual({ run: '.ci/run' });
  expect(jobs['linux']?.strategy.matrix.node).toEqual([20, 22, 24, 26]);
});

it('every step is an action pinned by its major version, or a script that exists', () => {
  for (const { uses, run } of steps) {
    if (uses !== undefined) expect(uses).toMatch(/^actions\/[a-z-]+@v\d+$/);
    const script = /npm run (\S+)/.exec(run ?? '')?.[1];
    if (script !== undefined) expect(scripts).toHaveProperty([script]);
  }
});

it('the development container sets itself up by a script that exists', () => {
  const { image, postCreateCommand } = JSON.parse(read('.devcontainer/devcontainer.json'));
  expect(image).toMatch(/:\d+-bookworm$/);
  expect(scripts).toHaveProperty([postCreateCommand.replace('npm run ', '')]);
});
