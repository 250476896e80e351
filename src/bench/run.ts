import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openGpu } from '../gpu/device.js';
import { tuningOf } from '../gpu/tuning.js';
import { type Ceilings, measureCeilings } from './ceiling.js';
import { benchKernels, type KernelResult } from './kernels.js';
import type { BenchPart } from './parts.js';
import { type Summary, verdict } from './statistics.js';
import { benchSteps, type StepResult } from './steps.js';

export interface BenchOptions {
  readonly parts: readonly BenchPart[];
  /** Only kernel cases whose name contains this. */
  readonly filter?: string | undefined;
  readonly batch: number;
  /** Seconds per measurement. */
  readonly seconds: number;
  /** One network, fewer batch sizes, short measurements. */
  readonly quick: boolean;
  readonly adapter?: string | undefined;
  /** Forced ways, by family of tunables; default: the tuning chooses. */
  readonly force?: Readonly<Record<string, string>>;
  readonly log?: (text: string) => void;
}

/** The first training step of a fresh process. */
export interface FirstStep {
  readonly seconds: number;
  readonly rssMiB: number;
}

/** The result of a benchmark run, as stored in bench/results. */
export interface BenchResult {
  readonly date: string;
  readonly adapter: string;
  readonly cpu: string;
  readonly node: string;
  readonly ceilings: Ceilings;
  readonly kernels?: readonly KernelResult[];
  readonly steps?: readonly StepResult[];
  /** The first step with an empty (cold) and with a filled (warm) shader cache. */
  readonly start?: { readonly cold: FirstStep; readonly warm: FirstStep };
}

/** Measures the engine on an adapter. Throws NoGpuError. */
export async function runBench(options: BenchOptions): Promise<BenchResult> {
  const { parts, filter, batch, quick, log } = options;
  const seconds = quick ? 0.2 : options.seconds;
  const gpu = await openGpu({ profile: true, adapter: options.adapter });
  try {
    for (const [family, way] of Object.entries(options.force ?? {})) tuningOf(gpu).forced.set(family, way);
    log?.('ceilings');
    const ceilings = await measureCeilings(gpu, { seconds });
    const about = {
      date: new Date().toISOString(),
      adapter: gpu.info.name,
      cpu: `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}`,
      node: process.version,
    };
    const logging = log === undefined ? {} : { log };
    const kernels = parts.includes('kernels')
      ? await benchKernels(gpu, ceilings, { batch, filter, seconds, ...logging })
      : undefined;
    if (!parts.includes('steps')) return { ...about, ceilings, ...(kernels && { kernels }) };
    const models = quick ? ['fer-cnn'] : ['fer-cnn', 'fer-vgg', 'fer-shallow'];
    const inference = quick ? [1, 28] : [1, 28, 256];
    const steps = await benchSteps(gpu, {
      models,
      batches: [batch],
      precisions: quick ? ['float32'] : ['float32', 'mixed_float16'],
      inference,
      seconds: seconds * 5,
      ...logging,
    });
    log?.('first step of a fresh process');
    const start = { cold: await firstStep(true), warm: await firstStep(false) };
    return { ...about, ceilings, ...(kernels && { kernels }), steps, start };
  } finally {
    gpu.close();
  }
}

/** Measures a first step in a process of its own. @param cold whether Mesa's shader cache is empty */
async function firstStep(cold: boolean): Promise<FirstStep> {
  const cache = cold ? { MESA_SHADER_CACHE_DIR: mkdtempSync(join(tmpdir(), 'fer-tui-cold-')) } : {};
  const script = fileURLToPath(new URL('first_step.js', import.meta.url));
  const env = { ...process.env, ...cache };
  // Not execFileSync: while that waits, ^C ends only the other process.
  const { stdout, stderr } = await new Promise<{ stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, [script], { env }, (_, stdout, stderr) => resolve({ stdout, stderr }));
  });
  const line = stdout.trim().split('\n').at(-1) ?? '';
  if (!line.startsWith('{')) throw new Error(`the first step of a fresh process failed: ${stderr.trim()}`);
  return JSON.parse(line) as FirstStep;
}

/** A measurement that two runs have in common. */
export interface Comparison {
  readonly name: string;
  readonly before: Summary;
  readonly now: Summary;
  readonly verdict: ReturnType<typeof verdict>;
}

/** Compares all measurements that both runs have. */
export function compareBench(old: BenchResult, now: BenchResult): Comparison[] {
  const before = new Map(timesOf(old));
  return timesOf(now).flatMap(([name, ms]) => {
    const was = before.get(name);
    return was === undefined ? [] : [{ name, before: was, now: ms, verdict: verdict(was, ms) }];
  });
}

function timesOf({ kernels = [], steps = [] }: BenchResult): [name: string, ms: Summary][] {
  return [
    ...kernels.flatMap((r): [string, Summary][] => (r.wrong ? [] : [[`${r.name} ${r.variant}`, r.ms]])),
    ...steps.map(({ name, ms }): [string, Summary] => [name, ms]),
  ];
}
