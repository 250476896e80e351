import type { Gpu } from '../gpu/device.js';
import type { MatmulWay } from '../gpu/kernels/matmul.js';
import { Program } from '../gpu/program.js';
import { withForced } from '../gpu/tuning.js';
import { type KernelCase, recordOnly, variantsOf } from './case.js';
import { checkKernel, KERNEL_CASES, type KernelCheck } from './kernel_checks.js';
import { fewRowsCase, halvesCase, matmulCase } from './product_cases.js';

/** A product of matrices: A [m, k] times B [k, n]. */
export interface UsedProduct {
  readonly transposed?: 'a' | 'b' | undefined;
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly way: MatmulWay;
  /** Whether it is of halves alone; else of float32, and of halves too where the program stores any. */
  readonly ofHalves?: boolean;
}

/** What a program runs. */
export interface UsedKernels {
  /** Its kernels with their constants, as `collectVariants` gives them. */
  readonly variants: ReadonlySet<string>;
  /** The ways of its tunables as `family=way`. */
  readonly ways: ReadonlySet<string>;
  readonly products: readonly UsedProduct[];
  /** Whether it stores tensors as float16. */
  readonly halves: boolean;
}

/** The cases that check the kernels of a program. */
export interface CheckPlan {
  readonly cases: readonly KernelCase[];
  /** Variants and ways that no case runs. */
  readonly unchecked: ReadonlySet<string>;
}

/** Number of candidate cases that are tried for one variant. The best of them is taken. */
const TRIES = 12;

const nameOf = (variant: string): string => variant.slice(0, variant.indexOf(' '));
const isVariant = (used: string): boolean => used.includes(' ');
const isHalf = (variant: string): boolean => variant.includes('"f16"');

/**
 * A few small cases that together run all kernels that a program uses, with the same constants. Products are checked with the
 * program's extents, because the constants depend on them. Of the cases that run a kernel, it takes one with the fewest kernels
 * that the program does not use: they would be compiled for the check alone.
 */
export async function planCheck(gpu: Gpu, used: UsedKernels): Promise<CheckPlan> {
  const unchecked = new Set([...used.variants, ...used.ways]);
  const compiled = new Set([...gpu.pipelines.keys(), ...used.variants]);
  const cases: KernelCase[] = [];
  const take = ({ testCase, ran }: Seen): void => {
    cases.push(testCase);
    for (const name of ran) {
      unchecked.delete(name);
      if (isVariant(name)) compiled.add(name);
    }
  };
  for (const testCase of [...productCases(used), ...fewRowsCases(used)]) {
    const seen = await seenOf(gpu, testCase);
    if ([...seen.ran].some((name) => unchecked.has(name))) take(seen);
  }
  // The products within the other cases are naive, so that no tiles are compiled for their small extents alone.
  const others = KERNEL_CASES.filter((testCase) => testCase.possible?.(gpu) !== false).map(withNaiveProducts);
  const all = new Map<KernelCase, Seen>();
  for (const target of [...unchecked]) {
    if (!unchecked.has(target)) continue;
    let best: (Seen & { readonly more: number }) | undefined;
    for (const testCase of candidates(others, { unchecked, used, target })) {
      const seen = all.get(testCase) ?? (await seenOf(gpu, testCase));
      all.set(testCase, seen);
      if (!seen.ran.has(target)) continue;
      const more = [...seen.ran].filter((name) => isVariant(name) && !compiled.has(name)).length;
      if (best === undefined || more < best.more) best = { ...seen, more };
      if (more === 0) break;
    }
    if (best !== undefined) take(best);
  }
  return { cases, unchecked };
}

/** Compares the cases with the float64 reference in order. Returns the first one that is wrong, and stops there. */
export async function compareCases(gpu: Gpu, { cases }: CheckPlan): Promise<KernelCheck | undefined> {
  for (const testCase of cases) {
    const result = await checkKernel(gpu, testCase);
    if (!result.ok) return result;
  }
  return undefined;
}

/** Compiles what `compareCases` runs, on two devices if the driver's cache is cold; the cases themselves would use only one. */
export async function compileCases(
  gpu: Gpu,
  { cases }: CheckPlan,
  onProgress?: ((done: number, total: number) => void) | undefined,
): Promise<void> {
  const programs = await recordOnly(gpu, async () => {
    for (const testCase of cases) await testCase.run(gpu);
  });
  await Program.compileAll(gpu, programs, onProgress);
  for (const program of programs) program.dispose();
}

function withNaiveProducts(testCase: KernelCase): KernelCase {
  return { ...testCase, run: (gpu) => withForced(gpu, { matmul: 'naive' }, () => testCase.run(gpu)) };
}

/** A case with all the variants and ways that it runs. */
interface Seen {
  readonly testCase: KernelCase;
  readonly ran: ReadonlySet<string>;
}

async function seenOf(gpu: Gpu, testCase: KernelCase): Promise<Seen> {
  return { testCase, ran: new Set([...(await variantsOf(gpu, testCase)), ...waysOf(testCase)]) };
}

/** A search for a case that runs one variant or way. */
interface Search {
  readonly unchecked: ReadonlySet<string>;
  /** What the program runs. */
  readonly used: UsedKernels;
  /** The variant or way to find a case for. */
  readonly target: string;
}

function waysOf({ forced = {} }: KernelCase): string[] {
  return Object.entries(forced).map(([family, way]) => `${family}=${way}`);
}

/**
 * The cases that may run the target variant or way, judged by the names of their kernels. Those that run the most unchecked and the
 * fewest unused kernels come first. Cases that force a way which the program does not take count only if there are no others.
 */
function candidates(cases: readonly KernelCase[], { unchecked, used, target }: Search): KernelCase[] {
  const left = namesOf(unchecked);
  const names = namesOf([...used.variants, ...used.ways]);
  const kernel = isVariant(target) ? nameOf(target) : target;
  const runsOf = (testCase: KernelCase): string[] => [...testCase.kernels, ...waysOf(testCase)];
  const fitting = cases.filter(
    (testCase) => runsOf(testCase).includes(kernel) && (testCase.tolerance !== undefined) === isHalf(target),
  );
  const plain = fitting.filter((testCase) => waysOf(testCase).every((way) => used.ways.has(way)));
  const worth = (testCase: KernelCase): number => {
    const runs = runsOf(testCase);
    return runs.filter((name) => left.has(name)).length - runs.filter((name) => !names.has(name)).length;
  };
  return (plain.length > 0 ? plain : fitting).toSorted((a, b) => worth(b) - worth(a)).slice(0, TRIES);
}

function namesOf(list: Iterable<string>): Set<string> {
  return new Set([...list].map((one) => (isVariant(one) ? nameOf(one) : one)));
}

/** Cases of the products, the smallest first, in the formats that are used. */
function productCases({ products, halves }: UsedKernels): KernelCase[] {
  const size = ({ m, k, n }: UsedProduct): number => m * k * n;
  return products
    .toSorted((a, b) => size(a) - size(b))
    .flatMap(({ transposed, m, k, n, way, ofHalves = false }, i) => [
      ...(ofHalves ? [] : [matmulCase([1, m, k, n], transposed, way, 500 + i)]),
      ...(halves && [m, k, n].every((extent) => extent % 4 === 0)
        ? [halvesCase([1, m, k, n], transposed, way, 550 + i)]
        : []),
    ]);
}

/** A case for each height of the products of few rows: that is a constant of theirs. */
function fewRowsCases({ variants }: UsedKernels): KernelCase[] {
  return [...variants]
    .filter((variant) => nameOf(variant) === 'few_rows.product')
    .map((variant, i) => {
      const { ROWS, QUADS } = JSON.parse(variant.slice(variant.indexOf(' '))) as Record<
        'ROWS' | 'QUADS',
        number
      >;
      return fewRowsCase([QUADS, ROWS, 14, 64], 600 + i);
    });
}
