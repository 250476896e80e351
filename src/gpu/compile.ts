import type { Gpu } from './device.js';
import { type Kernel, pipelineOf } from './kernel.js';
import type { Constants } from './shader.js';

/** A kernel as one program uses it. */
export interface Compilable {
  readonly kernel: Kernel;
  readonly constants: Constants;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
}

/** If the first kernel takes longer than this, the driver's disk cache did not know it, and will not know the others. */
const COLD_MS = 100;

/**
 * Has the driver turn every kernel that is new to a device into machine code. Drivers put that off until the first
 * dispatch, where software Vulkan needs a quarter of a second each (milliseconds, if its disk cache knows them). So each
 * is dispatched with an empty grid, read from a buffer of zeros.
 *
 * Software Vulkan compiles on one thread a device. If it has to, a second device is opened to share the work; what that
 * one compiles the first one then finds in the disk cache.
 * @param onProgress called as they become ready
 */
export async function compileKernels(
  gpu: Gpu,
  used: Iterable<Compilable>,
  onProgress?: (done: number, total: number) => void,
): Promise<void> {
  const fresh = new Map<GPUComputePipeline, Compilable>();
  for (const item of used) if (!gpu.compiled.has(item.pipeline)) fresh.set(item.pipeline, item);
  const total = fresh.size;
  const queue = [...fresh.values()];
  let done = 0;
  const own = async (item: Compilable): Promise<void> => {
    await dispatchNothing(gpu, item.pipeline, item.bindGroup);
    gpu.compiled.add(item.pipeline);
  };
  const first = queue.shift();
  if (first === undefined) return;
  const begin = performance.now();
  await own(first);
  onProgress?.(++done, total);
  const cold = gpu.info.software && performance.now() - begin > COLD_MS;
  const byHelper: Compilable[] = [];
  const helping = cold ? help(gpu, queue, byHelper, () => onProgress?.(++done, total)) : undefined;
  for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
    await own(item);
    onProgress?.(++done, total);
  }
  await helping;
  await Promise.all(byHelper.map(own));
}

/** Compiles from the end of the queue on a device of its own. It may fail: then the first device does the rest. */
async function help(
  gpu: Gpu,
  queue: Compilable[],
  compiled: Compilable[],
  onDone: () => void,
): Promise<void> {
  let helper: Gpu | undefined;
  try {
    helper = await gpu.openTwin();
    for (let item = queue.pop(); item !== undefined; item = queue.pop()) {
      compiled.push(item);
      const pipeline = pipelineOf(helper, item.kernel, item.constants);
      await dispatchNothing(helper, pipeline, emptyBindings(helper, item.kernel, pipeline));
      onDone();
    }
  } catch {
    // What it left undone is compiled by the first device, when it is asked for.
  } finally {
    helper?.close();
  }
}

/** Something to bind, as a dispatch needs it, even an empty one. */
function emptyBindings(
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

async function dispatchNothing(
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
