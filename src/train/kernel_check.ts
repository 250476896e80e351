import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { UsedKernels, UsedProduct } from '../check/used_kernels.js';
import { collectTunables } from '../gpu/autotune.js';
import type { Gpu } from '../gpu/device.js';
import { collectVariants, kernels } from '../gpu/kernel.js';
import { HALVES_FAMILY, type MatmulWay, productOf } from '../gpu/kernels/matmul.js';
import { shaderSource } from '../gpu/shader.js';
import { choose, type Tunable } from '../gpu/tuning.js';
import { measuredOn } from '../gpu/tuning_table.js';
import type { Learner } from '../nn/learner.js';
import type { StepForm } from '../nn/step.js';
import { atomicWrite, makeFolder } from '../util/atomic_write.js';
import { cacheFolder } from '../util/cache_folder.js';
import { EXIT, FerError } from '../util/errors.js';
import { readText } from '../util/read_whole.js';

/** A kernel computes wrong numbers on this adapter. */
export class WrongKernelError extends FerError {
  constructor(message: string) {
    super(message, EXIT.noGpu);
  }
}

/** What decides which kernels a training uses, apart from its network. */
export interface Work {
  readonly batch: number;
  readonly form: StepForm;
  /** Whether it stores tensors as float16. */
  readonly halves: boolean;
}

/**
 * Compares the kernels that a training uses with the float64 reference, unless they were right before on this adapter and
 * driver. Throws WrongKernelError.
 *
 * @param onCompile called as kernels are compiled
 */
export async function requireRightKernels(
  learner: Learner,
  work: Work,
  onCompile?: (done: number, total: number) => void,
): Promise<void> {
  const { gpu } = learner;
  const used = await usedBy(learner, work);
  const path = recordPath(gpu);
  const right = readRecord(path);
  const digests = new Map([...used.variants, ...used.ways].map((name) => [name, digestOf(name)]));
  const fresh = (list: ReadonlySet<string>) =>
    new Set([...list].filter((name) => right[name] !== digests.get(name)));
  const unknown: UsedKernels = { ...used, variants: fresh(used.variants), ways: fresh(used.ways) };
  if (unknown.variants.size + unknown.ways.size === 0) return;
  learner.onCompile = onCompile;
  const cold = await learner.compile(work.batch, 'train', work.form);
  const check = await import('../check/used_kernels.js'); // imported only here, because few trainings get this far
  const plan = await check.planCheck(gpu, unknown);
  if (cold) await check.compileCases(gpu, plan, onCompile);
  const wrong = await check.compareCases(gpu, plan);
  if (wrong !== undefined) {
    throw new WrongKernelError(
      `the kernel ${wrong.kernel} computes wrong numbers on ${gpu.info.name} (${wrong.title}: the relative error is ${wrong.error.toPrecision(2)}, allowed are ${wrong.tolerance}); "fer-tui tune" chooses other kernels where there are any, a newer driver or another --adapter may help, and --no-kernel-check trains all the same`,
    );
  }
  writeRecord(path, gpu, { ...right, ...Object.fromEntries(digests) });
}

/** The kernels of a training's steps, and the ways that its tunables take. */
export async function usedBy(learner: Learner, { batch, form, halves }: Work): Promise<UsedKernels> {
  const { gpu } = learner;
  let tunables = new Map<string, Tunable<string>>();
  const variants = await collectVariants(gpu, async () => {
    tunables = await collectTunables(gpu, async () => {
      await learner.commands(batch, 'train', form);
      await learner.commands(batch, 'evaluate', { store: form.store });
    });
  });
  const products: UsedProduct[] = [];
  const ways = new Set<string>();
  for (const tunable of tunables.values()) {
    const way = choose(gpu, tunable);
    ways.add(`${tunable.family}=${way}`);
    const ofHalves = tunable.family === HALVES_FAMILY;
    if (ofHalves || tunable.family === 'matmul')
      products.push({ ...productOf(tunable.extents), way: way as MatmulWay, ofHalves });
  }
  return { variants, ways, products, halves };
}

/** A digest of a kernel's shader: a recorded result is valid only for the same shader. */
function digestOf(used: string): string {
  const shader = kernels.get(used.slice(0, used.indexOf(' ')))?.shader;
  const text = shader === undefined ? '' : shaderSource(shader);
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

/** The kernels and ways that were right on an adapter and driver, each with its digest. */
type Right = Readonly<Record<string, string>>;

function recordPath({ info }: Gpu): string {
  const hash = createHash('sha256')
    .update(`${measuredOn(info)} ${info.name}`)
    .digest('hex')
    .slice(0, 12);
  return join(cacheFolder(), `kernels-${hash}.json`);
}

/** An unreadable record counts as empty: everything is checked again. */
function readRecord(path: string): Right {
  try {
    const { format, right } = JSON.parse(readText(path)) as { format: number; right: Right };
    return format === 1 ? { ...right } : {};
  } catch {
    return {};
  }
}

/** Where nothing can be written, the next training checks once more. */
function writeRecord(path: string, { info }: Gpu, right: Right): void {
  try {
    makeFolder(cacheFolder());
    atomicWrite(path, `${JSON.stringify({ format: 1, adapter: info.name, right }, null, 1)}\n`);
  } catch {
    // the record only saves time
  }
}
