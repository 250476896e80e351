import { create, globals } from 'webgpu';
import { Gpu } from '../dist/gpu/device.js';

/** Dawn's instance must live as long as its devices. */
let instance;

/** Dawn's null adapter, which accepts every command and computes nothing, in the place of a GPU with subgroups of so many lanes; 0: without. */
export async function nullGpu(lanes = 0) {
  Object.assign(globalThis, globals);
  instance ??= create(['backend=null', 'adapter=Null backend']);
  const adapter = await instance.requestAdapter();
  const device = await adapter.requestDevice();
  const info = {
    ...{ name: 'null', vendor: '', architecture: '', device: '', software: false, features: [] },
    ...{ subgroupMin: lanes, subgroupMax: lanes },
  };
  return new Gpu(
    device,
    info,
    () => undefined,
    () => Promise.reject(new Error('there is no twin')),
  );
}
