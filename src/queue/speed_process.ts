import { measureCeilings } from '../bench/ceiling.js';
import { openGpu } from '../gpu/device.js';
import { EXIT, FerError } from '../util/errors.js';
import type { SpeedMessage } from './speed.js';

/** The process that measures the adapter named in its first argument, or the one that training would choose. */
const SECONDS = 0.3;

async function measure(): Promise<SpeedMessage> {
  try {
    const gpu = await openGpu({ adapter: process.argv[2] });
    const { gflops } = await measureCeilings(gpu, { seconds: SECONDS });
    const { name } = gpu.info;
    gpu.close();
    return { speed: { adapter: name, gflops } };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { error: { message, exit: error instanceof FerError ? error.exitCode : EXIT.bug } };
  }
}

process.send?.(await measure(), undefined, undefined, () => process.exit());
