import type { Gpu } from '../gpu/device.js';
import { collectVariants } from '../gpu/kernel.js';
import type { MatmulWay } from '../gpu/kernels/matmul.js';
import { Program } from '../gpu/recorder.js';
import { withForced } from '../gpu/tuning.js';
import { type KernelCase, recordOnly } from './case.js';
import { checkKernel, KERNEL_CASES, type KernelCheck } from './kernel_checks.js';
import { halvesCase, matmulCase } from './product_cases.js';

/** A product of matrices: A [m, k] times B [k, n]. */
export interface UsedProduct {
  readonly transposed?: 'a' | 'b' | undefined;
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly way: MatmulWay;
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

/** The result of a comparison. */
export interface Findings {
  /** The first case whose result is wrong. */
  readonly wrong: KernelCheck | undefined;
  /** Variants and ways that no case has run. */
  readonly unchecked: ReadonlySet<string>;
}

/** How many cases may run without what is looked for, before it counts as unchecked. */
const TRIES = 8;

const nameOf = (variant: string): string => variant.slice(0, variant.indexOf(' '));
const isVariant = (used: string): boolean => used.includes(' ');
const isHalf = (variant: string): boolean => variant.includes('"f16"');

/**
 * Compares what is used with the float64 reference, in a few small cases, up to the first that is wrong. What counts as
 * compared is what the cases have really run: the same kernel with the same constants. Products are compared with their own
 * extents, as these decide about the constants.
 */
export async function compareUsed(gpu: Gpu, used: UsedKernels): Promise<Findings> {
  let wrong: KernelCheck | undefined;
  const unchecked = await forCases(gpu, used, async (testCase) => {
    const result = await checkKernel(gpu, testCase);
    if (!result.ok) wrong = result;
    return result.ok;
  });
  return { wrong, unchecked };
}

/** Compiles what `compareUsed` runs. For drivers whose cache lacks it: this takes two threads, and a case one. */
export async function compileUsed(
  gpu: Gpu,
  used: UsedKernels,
  onProgress?: ((done: number, total: number) => void) | undefined,
): Promise<void> {
  const programs = await recordOnly(gpu, () =>
    forCases(gpu, used, async (testCase) => {
      await testCase.run(gpu);
      return true;
    }),
  );
  await Program.compileAll(gpu, programs, onProgress);
  for (const program of programs) program.dispose();
}

/**
 * Looks for cases until they have recorded all that is used, or no case does.
 *
 * @param visit records a case; whether to go on
 * @returns the variants and ways that are left
 */
async function forCases(
  gpu: Gpu,
  used: UsedKernels,
  visit: (testCase: KernelCase) => Promise<boolean>,
): Promise<Set<string>> {
  const unchecked = new Set([...used.variants, ...used.ways]);
  let going = true;
  const run = async (testCase: KernelCase): Promise<void> => {
    const ran = await collectVariants(gpu, async () => {
      going = await visit(testCase);
    });
    for (const name of [...ran, ...waysOf(testCase)]) unchecked.delete(name);
  };
  for (const testCase of productCases(used)) {
    if (![...unchecked].some((name) => name.startsWith('matmul'))) break;
    await run(testCase);
    if (!going) return unchecked;
  }
  const untried = new Set(KERNEL_CASES.filter((testCase) => testCase.possible?.(gpu) !== false));
  // The products within the other cases are naive, so that no tiles are compiled for their small extents alone.
  await withForced(gpu, { matmul: 'naive' }, async () => {
    for (const looked of [...unchecked]) {
      for (let tries = 0; going && unchecked.has(looked) && tries < TRIES; tries++) {
        const next = nextCase(untried, { unchecked, looked, ways: used.ways, first: tries === 0 });
        if (next === undefined) break;
        untried.delete(next);
        await run(next);
      }
    }
  });
  return unchecked;
}

/** A search for a case. */
interface Search {
  readonly unchecked: ReadonlySet<string>;
  /** The variant or way that is looked for. */
  readonly looked: string;
  /** The ways that the program takes. */
  readonly ways: ReadonlySet<string>;
  /** Whether no case was tried before. */
  readonly first: boolean;
}

function waysOf({ forced = {} }: KernelCase): string[] {
  return Object.entries(forced).map(([family, way]) => `${family}=${way}`);
}

/**
 * The next case to run for what is looked for. At first the one that runs most of what is left; of equals the last, whose shape
 * is the largest. Then the one that runs least beside it. One that takes ways of its own is chosen only where there is no other.
 */
function nextCase(
  cases: ReadonlySet<KernelCase>,
  { unchecked, looked, ways, first }: Search,
): KernelCase | undefined {
  const names = new Set([...unchecked].map((used) => (isVariant(used) ? nameOf(used) : used)));
  const wanted = isVariant(looked) ? nameOf(looked) : looked;
  const runsOf = (testCase: KernelCase): string[] => [...testCase.kernels, ...waysOf(testCase)];
  const fitting = [...cases].filter(
    (testCase) => runsOf(testCase).includes(wanted) && (testCase.tolerance !== undefined) === isHalf(looked),
  );
  const plain = fitting.filter((testCase) => waysOf(testCase).every((way) => ways.has(way)));
  if (plain.length === 0 && !first) return undefined;
  const worth = (testCase: KernelCase): number =>
    first ? runsOf(testCase).filter((name) => names.has(name)).length : -runsOf(testCase).length;
  const candidates = plain.length > 0 ? plain : fitting;
  return candidates.toSorted((a, b) => worth(a) - worth(b)).at(-1);
}

/** Cases of the products, the smallest first, in the formats that are used. */
function productCases({ products, halves }: UsedKernels): KernelCase[] {
  const size = ({ m, k, n }: UsedProduct): number => m * k * n;
  return products
    .toSorted((a, b) => size(a) - size(b))
    .flatMap(({ transposed, m, k, n, way }, i) => [
      matmulCase([1, m, k, n], transposed, way, 500 + i),
      ...(halves && [m, k, n].every((extent) => extent % 4 === 0)
        ? [halvesCase([1, m, k, n], transposed, way, 550 + i)]
        : []),
    ]);
}
