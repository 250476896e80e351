import type { Gpu } from './device.js';
import { type Kernel, pipelineOf } from './kernel.js';
import type { Constants } from './shader.js';

/** A kernel with the pipeline and bindings of one program. */
export interface Compilable {
  readonly kernel: Kernel;
  readonly constants: Constants;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
}

/** If the first kernel takes longer, the driver's disk cache lacks it, and the others are assumed to be missing too. */
const COLD_MS = 100;

/**
 * Makes the driver translate every kernel that is new to a device to machine code. Drivers postpone this until the first
 * dispatch, where software Vulkan takes a quarter of a second per kernel (milliseconds if its disk cache has it). So
 * each kernel is dispatched indirectly with an empty grid: the workgroup counts come from a buffer of zeros.
 *
 * Software Vulkan compiles on one thread per device. When the disk cache is cold, a second device shares the work. What
 * it compiles, the first device then finds in the disk cache.
 * @param onProgress called after each kernel
 * @returns whether the disk cache was cold, so that a second device shared the work
 */
export async function compileKernels(
  gpu: Gpu,
  used: Iterable<Compilable>,
  onProgress?: ((done: number, total: number) => void) | undefined,
): Promise<boolean> {
  const fresh = new Map<GPUComputePipeline, Compilable>();
  for (const item of used) if (!gpu.compiled.has(item.pipeline)) fresh.set(item.pipeline, item);
  const total = fresh.size;
  const queue = [...fresh.values()];
  let done = 0;
  const compile = async (item: Compilable): Promise<void> => {
    await dispatchEmptyGrid(gpu, item.pipeline, item.bindGroup);
    gpu.compiled.add(item.pipeline);
  };
  const first = queue.shift();
  if (first === undefined) return false;
  const begin = performance.now();
  await compile(first);
  onProgress?.(++done, total);
  const cold = gpu.info.software && performance.now() - begin > COLD_MS;
  const byTwin: Compilable[] = [];
  const twin = cold ? compileOnTwin(gpu, queue, byTwin, () => onProgress?.(++done, total)) : undefined;
  for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
    await compile(item);
    onProgress?.(++done, total);
  }
  await twin;
  await Promise.all(byTwin.map(compile));
  return cold;
}

/** Compiles from the end of the queue on a second device. If that fails, the first device compiles the rest. */
async function compileOnTwin(
  gpu: Gpu,
  queue: Compilable[],
  compiled: Compilable[],
  onDone: () => void,
): Promise<void> {
  let twin: Gpu | undefined;
  try {
    twin = await gpu.openTwin();
    for (let item = queue.pop(); item !== undefined; item = queue.pop()) {
      compiled.push(item);
      const pipeline = pipelineOf(twin, item.kernel, item.constants);
      await dispatchEmptyGrid(twin, pipeline, placeholderBindings(twin, item.kernel, pipeline));
      onDone();
    }
  } catch {
    // The first device compiles what is left.
  } finally {
    twin?.close();
  }
}

/** Small buffers for every binding: even a dispatch with an empty grid needs them. */
function placeholderBindings(
  { device }: Gpu,
  { reads, writes, params }: Kernel,
  pipeline: GPUComputePipeline,
): GPUBindGroup {
  const usages = [...reads, ...writes].map(() => GPUBufferUsage.STORAGE);
  if (Object.keys(params).length > 0) usages.push(GPUBufferUsage.UNIFORM);
  const entries = usages.map((usage, binding) => ({
    binding,
    resource: { buffer: device.createBuffer({ size: 256, usage }) },
  }));
  return device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
}

async function dispatchEmptyGrid(
  gpu: Gpu,
  pipeline: GPUComputePipeline,
  bindGroup: GPUBindGroup,
): Promise<void> {
  const { device } = gpu;
  const nothing = device.createBuffer({ size: 12, usage: GPUBufferUsage.INDIRECT });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindGroup);
  pass.dispatchWorkgroupsIndirect(nothing, 0);
  pass.end();
  device.queue.submit([encoder.finish()]);
  await gpu.sync();
  nothing.destroy();
}
