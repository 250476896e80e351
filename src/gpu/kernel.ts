import type { Gpu } from './device.js';
import { ShaderError } from './errors.js';
import { gpuWait } from './polling.js';
import { type Constants, explainCompileErrors, fillConstants, shaderSource } from './shader.js';

/**
 * The host's declaration of one shader entry point. Bindings are numbered in the order `reads`, `writes`, then the
 * uniform `Params` struct if there are params. A dispatch's `constants` are compiled in: each value needs a pipeline
 * of its own. Numbers that change from call to call belong in `params`.
 */
export interface Kernel {
  /** `<shader>.<entry>`: its name in messages, traces and benchmarks. */
  readonly name: string;
  /** Its file in shaders/, without `.wgsl`. */
  readonly shader: string;
  /** The entry point in that file. */
  readonly entry: string;
  /** Names of the tensors it reads, in binding order. */
  readonly reads: readonly string[];
  /** Names of the tensors it writes, in binding order. */
  readonly writes: readonly string[];
  /** Fields of the shader's params struct in order, with their types. */
  readonly params: Readonly<Record<string, 'u32' | 'f32'>>;
}

/** Params of type u32 with these names, in this order. */
export function u32s<const N extends string>(...names: N[]): Readonly<Record<N, 'u32'>> {
  return Object.fromEntries(names.map((name) => [name, 'u32'])) as Readonly<Record<N, 'u32'>>;
}

/** All kernels by name, for `fer-tui doctor`, the benchmarks, and the test that compares them with their shaders. */
export const kernels = new Map<string, Kernel>();

/** Declares an entry point of `shaders/<shader>.wgsl`. Throws ShaderError if it is declared twice. */
export function defineKernel(
  shader: string,
  entry: string,
  spec: Omit<Kernel, 'name' | 'shader' | 'entry'>,
): Kernel {
  const kernel = { name: `${shader}.${entry}`, shader, entry, ...spec };
  if (kernels.has(kernel.name)) throw new ShaderError(`kernel ${kernel.name} is defined twice`);
  kernels.set(kernel.name, kernel);
  return kernel;
}

interface Collection {
  readonly variants: Set<string>;
  readonly only: boolean;
}

const collecting = new WeakMap<Gpu, Collection>();

/**
 * The kernels that `body` records on a device, each with the constants that are compiled in: `<kernel's name> <constants as
 * JSON>`. Of nested calls, only the innermost collects.
 *
 * @param only whether to create no pipelines, which take most of the time of a recording. Such a recording cannot be finished, only
 * abandoned
 */
export async function collectVariants(
  gpu: Gpu,
  body: () => Promise<unknown>,
  { only = false }: { readonly only?: boolean } = {},
): Promise<Set<string>> {
  const outer = collecting.get(gpu);
  const variants = new Set<string>();
  collecting.set(gpu, { variants, only });
  try {
    await body();
  } finally {
    if (outer === undefined) collecting.delete(gpu);
    else collecting.set(gpu, outer);
  }
  return variants;
}

/** Whether recordings on a device only collect kernels: see `only` of `collectVariants`. */
export function collectsOnly(gpu: Gpu): boolean {
  return collecting.get(gpu)?.only === true;
}

/** Stands for every pipeline in recordings that are never finished. */
const NO_PIPELINE = {} as GPUComputePipeline;

/** The pipeline of a kernel, created at the first request. `checkShaders` reports compile errors. */
export function pipelineOf(gpu: Gpu, kernel: Kernel, constants: Constants): GPUComputePipeline {
  const key = `${kernel.name} ${JSON.stringify(constants)}`;
  collecting.get(gpu)?.variants.add(key);
  if (collectsOnly(gpu)) return NO_PIPELINE;
  let pipeline = gpu.pipelines.get(key);
  if (pipeline === undefined) {
    const code = fillConstants(kernel.shader, shaderSource(kernel.shader), constants);
    gpu.device.pushErrorScope('validation');
    const module = gpu.device.createShaderModule({ label: kernel.name, code });
    pipeline = gpu.device.createComputePipeline({
      label: kernel.name,
      layout: 'auto',
      compute: { module, entryPoint: kernel.entry },
    });
    pendingScopes.push({
      kernel,
      code,
      module,
      scope: gpuWait(() => gpu.device.popErrorScope()),
    });
    gpu.pipelines.set(key, pipeline);
  }
  return pipeline;
}

interface PendingScope {
  readonly kernel: Kernel;
  readonly code: string;
  readonly module: GPUShaderModule;
  readonly scope: Promise<GPUError | null>;
}

const pendingScopes: PendingScope[] = [];

/** Resolves when all pipelines created so far have been validated. Throws ShaderError for the first invalid one. */
export async function checkShaders(): Promise<void> {
  for (const { kernel, code, module, scope } of pendingScopes.splice(0)) {
    const error = await scope;
    if (error === null) continue;
    await explainCompileErrors(module, kernel.shader, code);
    throw new ShaderError(`kernel ${kernel.name}: ${error.message}`);
  }
}

/**
 * Packs params in declaration order, padded to a multiple of 16 bytes: the layout of a uniform struct of scalars.
 * Throws ShaderError for a param that is missing or has the wrong type.
 */
export function packParams(kernel: Kernel, values: Readonly<Record<string, number>>): ArrayBuffer {
  const fields = Object.entries(kernel.params);
  const view = new DataView(new ArrayBuffer(Math.ceil(fields.length / 4) * 16));
  fields.forEach(([name, type], i) => {
    const value = values[name];
    if (value === undefined) throw new ShaderError(`kernel ${kernel.name}: param ${name} was not given`);
    if (type === 'f32') view.setFloat32(i * 4, value, true);
    else if (Number.isInteger(value) && value >= 0) view.setUint32(i * 4, value, true);
    else throw new ShaderError(`kernel ${kernel.name}: param ${name} is u32, got ${value}`);
  });
  return view.buffer;
}
