import type { Gpu } from '../gpu/device.js';
import type { KernelCase } from './case.js';
import { checkKernel, KERNEL_CASES, type KernelCheck } from './kernel_checks.js';

/** What a program runs: names of kernels, and the ways of its tunables as `family=way`. */
export interface UsedKernels {
  readonly names: ReadonlySet<string>;
  readonly ways: ReadonlySet<string>;
  /** Whether it stores tensors as float16. */
  readonly halves: boolean;
}

/**
 * A few cases that together run what is used: always the one that runs most of what is left, and of equals the last, whose shape is
 * the largest. What has no case on this adapter is left out.
 */
export function casesOf(gpu: Gpu, { names, ways, halves }: UsedKernels): KernelCase[] {
  const possible = KERNEL_CASES.filter((testCase) => testCase.possible?.(gpu) !== false);
  const inHalves = possible.filter(({ tolerance }) => tolerance !== undefined);
  const inFloats = possible.filter(({ tolerance }) => tolerance === undefined);
  const all = [...names, ...ways];
  return [...covering(inFloats, all), ...(halves ? covering(inHalves, all) : [])];
}

function covering(cases: readonly KernelCase[], used: readonly string[]): KernelCase[] {
  const left = new Set(used);
  const chosen: KernelCase[] = [];
  const runs = ({ kernels, forced = {} }: KernelCase): string[] => [
    ...kernels,
    ...Object.entries(forced).map(([family, way]) => `${family}=${way}`),
  ];
  for (;;) {
    const gain = (testCase: KernelCase): number => runs(testCase).filter((name) => left.has(name)).length;
    const best = cases.reduce<KernelCase | undefined>(
      (a, b) => (gain(b) >= (a === undefined ? 1 : gain(a)) ? b : a),
      undefined,
    );
    if (best === undefined || gain(best) === 0) return chosen;
    chosen.push(best);
    for (const name of runs(best)) left.delete(name);
  }
}

/** Compares what is used with the float64 reference, in a few small cases. @returns the first that is wrong */
export async function firstWrong(gpu: Gpu, used: UsedKernels): Promise<KernelCheck | undefined> {
  for (const testCase of casesOf(gpu, used)) {
    const result = await checkKernel(gpu, testCase);
    if (!result.ok) return result;
  }
  return undefined;
}
