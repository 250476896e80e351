import { type BenchCase, tunablesOf } from '../../bench/bench_case.js';
import { kernelCases } from '../../bench/kernel_cases.js';
import { checkVariant, kernelsOf, timeVariant } from '../../bench/kernels.js';
import type { KernelCase } from '../../check/case.js';
import { checkKernel, KERNEL_CASES } from '../../check/kernel_checks.js';
import { type Gpu, openGpu } from '../../gpu/device.js';
import { choose, type Tunable, tuningKey, tuningOf } from '../../gpu/tuning.js';
import { readPins, tablePath, writeTable } from '../../gpu/tuning_table.js';
import { UsageError } from '../../util/errors.js';
import type { Handler } from '../handler.js';
import type { KernelEntry, KernelOutcome } from '../requests.js';
import { shaderFiles } from './sources.js';

/** Batch size of the timed kernels: the default of training. */
const BATCH = 28;
/** Seconds for which a variant is timed. */
const SECONDS = 0.3;

/** An entry of the kernel list: a variant that can be timed, or a check of single kernels. */
type Work =
  | { readonly spec: BenchCase; readonly variant: string; readonly check?: undefined }
  | { readonly check: KernelCase };

async function allWork(gpu: Gpu): Promise<Map<string, Work>> {
  const variants = (await kernelCases(gpu, BATCH)).flatMap((spec) =>
    spec.variants.map((variant): [string, Work] => [`${spec.name} ${variant}`, { spec, variant }]),
  );
  const checks = KERNEL_CASES.filter(({ possible }) => possible?.(gpu) !== false).map(
    (check): [string, Work] => [`${check.kernels[0]} ${check.title}`, { check }],
  );
  return new Map([...variants, ...checks]);
}

/** The tuning decisions that choose among the variants of a case. */
async function choicesOf(gpu: Gpu, spec: BenchCase): Promise<Tunable<string>[]> {
  return (await tunablesOf(gpu, [spec])).filter(({ family }) => family === spec.family);
}

/** Lists the kernels that run on this adapter. */
export const listKernels: Handler<'kernels.list'> = async (_, { gpu: shared }) => {
  const gpu = await shared();
  const chosen = new Map<BenchCase, string>();
  const pins = readPins(tablePath(gpu.info));
  const pinned = new Set<BenchCase>();
  const entries: KernelEntry[] = [];
  for (const [id, work] of await allWork(gpu)) {
    if (work.check !== undefined) {
      entries.push({ id, kernel: work.check.kernels[0] ?? '', variant: '', size: work.check.title });
      continue;
    }
    const { spec, variant } = work;
    if (!chosen.has(spec)) {
      const [tunable] = await choicesOf(gpu, spec);
      chosen.set(spec, tunable === undefined ? '' : choose(gpu, tunable));
      if (tunable !== undefined && pins.has(tuningKey(tunable))) pinned.add(spec);
    }
    const { kernel, size, family } = spec;
    const taken = family !== undefined && chosen.get(spec) === variant;
    entries.push({
      id,
      kernel,
      variant,
      size,
      group: spec.name,
      chosen: taken,
      pinned: taken && pinned.has(spec),
    });
  }
  return { adapter: gpu.info.name, batch: BATCH, entries };
};

/** Checks kernels, and times those that have variants. Uses a device of its own, with timestamp queries. */
export const benchKernels: Handler<'kernels.bench'> = async ({ ids, timed }, { progress, signal }) => {
  const gpu = await openGpu({ profile: true });
  try {
    const all = await allWork(gpu);
    for (const id of ids) {
      signal.throwIfAborted();
      const work = all.get(id);
      if (work === undefined) continue;
      progress({ id, share: 0 });
      const outcome = await outcomeOf(gpu, id, work, timed, (share) => progress({ id, share }));
      progress({ id, outcome });
    }
    return ids.length;
  } finally {
    gpu.close();
  }
};

async function outcomeOf(
  gpu: Gpu,
  id: string,
  work: Work,
  timed: boolean,
  onSample: (share: number) => void,
): Promise<KernelOutcome> {
  try {
    if (work.check !== undefined) {
      const { error, ok } = await checkKernel(gpu, work.check);
      return { id, error, ok };
    }
    const { spec, variant } = work;
    const check = await checkVariant(gpu, spec, variant);
    if (!timed || !check.ok) return { id, ...check };
    const times = await timeVariant(gpu, spec, variant, { seconds: SECONDS, onSample });
    return { id, ...check, ...times };
  } catch (error) {
    // A kernel that does not compile on this driver must not keep the others from being checked.
    return {
      id,
      error: Number.NaN,
      ok: false,
      failed: error instanceof Error ? error.message : String(error),
    };
  }
}

/** Returns the shader files of a kernel. */
export const kernelSource: Handler<'kernels.source'> = async ({ id }, { gpu: shared }) => {
  const gpu = await shared();
  const work = await (await allWork(gpu)).get(id);
  if (work === undefined) return [];
  return shaderFiles(
    work.check === undefined ? await kernelsOf(gpu, work.spec, work.variant) : work.check.kernels,
  );
};

/**
 * Makes a variant the choice for its shape on this machine. Throws UsageError if it does not fit, RunError if the tuning table
 * cannot be written.
 */
export const pinKernel: Handler<'kernels.pin'> = async ({ id }, { gpu: shared }) => {
  const gpu = await shared();
  const work = await (await allWork(gpu)).get(id);
  if (work === undefined || work.check !== undefined || work.spec.family === undefined)
    throw new UsageError(`${id} has no variants`);
  const { spec, variant } = work;
  const keys = (await choicesOf(gpu, spec))
    .filter(({ candidates }) => candidates.includes(variant))
    .map(tuningKey);
  if (keys.length === 0) throw new UsageError(`${spec.name}: ${variant} does not fit a batch of ${BATCH}`);
  const { table } = tuningOf(gpu);
  const path = tablePath(gpu.info);
  const pins = new Map(readPins(path));
  for (const key of keys) {
    if (!pins.has(key)) pins.set(key, table.get(key) ?? null);
    table.set(key, variant);
  }
  writeTable(path, gpu.info, table, pins);
  return { keys, path };
};

/** Undoes pinned choices: the earlier measurements apply again. Throws RunError if the tuning table cannot be written. */
export const unpinKernel: Handler<'kernels.unpin'> = async ({ id }, { gpu: shared }) => {
  const gpu = await shared();
  const work = await (await allWork(gpu)).get(id);
  const path = tablePath(gpu.info);
  const pins = new Map(readPins(path));
  const choices = work === undefined || work.check !== undefined ? [] : await choicesOf(gpu, work.spec);
  const keys = choices.map(tuningKey).filter((key) => pins.has(key));
  const { table } = tuningOf(gpu);
  for (const key of keys) {
    const before = pins.get(key);
    if (typeof before === 'string') table.set(key, before);
    else table.delete(key);
    pins.delete(key);
  }
  if (keys.length > 0) writeTable(path, gpu.info, table, pins);
  return { keys, path };
};
