import { create as createReal, globals } from 'webgpu';

/**
 * Stands in for the package `webgpu` in test files that share a process (vitest.config.ts): a device that is destroyed is kept, with
 * what was compiled on it, for the next one that asks for the same features and limits. Nearly all kernels of a file have been compiled
 * for an earlier one, and compiling them again would take a tenth of the suite's time. Test files with a process of their own, and
 * the programs that tests start, open and destroy real devices.
 */
export { globals };

/** Dawn's instances by their flags. They stay here: the process aborts if one is collected before its devices. */
const instances = new Map<string, GPU>();
/** Devices that nobody uses, by flags and descriptor. */
const idle = new Map<string, GPUDevice[]>();

process.on('exit', () => {
  for (const device of [...idle.values()].flat()) GPUDevice.prototype.destroy.call(device);
});

/** As `create` of the package. */
export function create(flags: readonly string[]): Pick<GPU, 'requestAdapter'> {
  const key = flags.join(' ');
  const instance = instances.get(key) ?? createReal([...flags]);
  instances.set(key, instance);
  return {
    requestAdapter: async (options) => {
      const adapter = await instance.requestAdapter(options);
      return adapter && sharing(adapter, key);
    },
  };
}

/** An adapter that prefers idle devices. */
function sharing(adapter: GPUAdapter, flags: string): GPUAdapter {
  return {
    __brand: 'GPUAdapter',
    features: adapter.features,
    limits: adapter.limits,
    info: adapter.info,
    requestDevice: async (descriptor) => {
      const key = `${flags} ${JSON.stringify(descriptor)}`;
      return idle.get(key)?.pop() ?? returning(await adapter.requestDevice(descriptor), key);
    },
  };
}

/** A device that becomes idle where it would be destroyed, and compiles each entry point of each text once. */
function returning(device: GPUDevice, key: string): GPUDevice {
  const modules = new Map<string, GPUShaderModule>();
  const pipelines = new Map<GPUShaderModule, Map<string, GPUComputePipeline>>();
  let forget: (() => void)[] = [];
  return Object.assign(device, {
    createShaderModule(descriptor: GPUShaderModuleDescriptor): GPUShaderModule {
      const { code } = descriptor;
      const module = modules.get(code) ?? GPUDevice.prototype.createShaderModule.call(device, descriptor);
      modules.set(code, module);
      return module;
    },
    createComputePipeline(descriptor: GPUComputePipelineDescriptor): GPUComputePipeline {
      const { module, entryPoint = '' } = descriptor.compute;
      const known = pipelines.get(module) ?? new Map<string, GPUComputePipeline>();
      pipelines.set(module, known);
      const pipeline =
        known.get(entryPoint) ?? GPUDevice.prototype.createComputePipeline.call(device, descriptor);
      known.set(entryPoint, pipeline);
      return pipeline;
    },
    async popErrorScope(): Promise<GPUError | null> {
      const error = await GPUDevice.prototype.popErrorScope.call(device);
      if (error !== null) modules.clear(); // an error is reported only where a module or pipeline is created
      return error;
    },
    addEventListener(...[type, listener]: Parameters<GPUDevice['addEventListener']>): void {
      GPUDevice.prototype.addEventListener.call(device, type, listener);
      forget.push(() => device.removeEventListener(type, listener));
    },
    destroy(): void {
      for (const one of forget) one();
      forget = [];
      idle.set(key, [...(idle.get(key) ?? []), device]);
    },
  });
}
