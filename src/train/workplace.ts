import { loadDataset } from '../data/load.js';
import type { Dataset, LoadOptions } from '../data/types.js';
import { type Gpu, openGpu } from '../gpu/device.js';
import { tuningOf } from '../gpu/tuning.js';
import type { TuningTable } from '../gpu/tuning_table.js';
import { EXIT, FerError } from '../util/errors.js';
import { collectGarbage } from '../util/memory.js';

/** Provides the device and the data of a run. */
export interface Workplace {
  /** Loads a data set. Throws like `loadDataset`. */
  load(path: string, options: LoadOptions): Promise<Dataset>;
  /** The device to train on. Throws NoGpuError. */
  open(adapter: string | undefined): Promise<Gpu>;
  /** Called once the device has a copy of all images and the run no longer needs those on the host. */
  uploaded(): Promise<void>;
  /**
   * Called at the end of a run.
   * @param free frees what the run holds on the device
   * @param error what ended the run, if it was an error
   */
  leave(gpu: Gpu, free: () => Promise<void>, error?: unknown): Promise<void>;
}

/** A workplace for one run: nothing is kept. */
export const OWN_PLACE: Workplace = {
  load: loadDataset,
  open: (adapter) => openGpu({ adapter }),
  uploaded: collectGarbage,
  leave: async (gpu) => gpu.close(),
};

/** A device with more pipelines than this is closed: they pile up when networks of many sizes are trained on it. */
const MOST_PIPELINES = 2000;

/**
 * Keeps the device, its compiled kernels and the data set from one run to the next. The results are bit for bit those of
 * runs that open their own. For one run at a time; call `close` at the end.
 */
export class SharedPlace implements Workplace {
  #device:
    | { readonly adapter: string | undefined; readonly gpu: Gpu; readonly tuning: TuningTable }
    | undefined;
  #data: { readonly key: string; readonly dataset: Dataset } | undefined;

  async load(path: string, options: LoadOptions): Promise<Dataset> {
    const { onProgress: _, ...what } = options;
    const key = JSON.stringify({ path, ...what });
    if (this.#data?.key !== key) {
      this.#data = undefined; // two data sets may not fit into memory
      this.#data = { key, dataset: await loadDataset(path, options) };
    }
    return this.#data.dataset;
  }

  async open(adapter: string | undefined): Promise<Gpu> {
    if (this.#device?.adapter !== adapter) this.close();
    if (this.#device === undefined) {
      const gpu = await openGpu({ adapter });
      this.#device = { adapter, gpu, tuning: new Map(tuningOf(gpu).table) };
    }
    const { gpu, tuning } = this.#device;
    // A resumed run trains with the kernels that it began with, and has changed the table.
    const { table } = tuningOf(gpu);
    table.clear();
    for (const [key, way] of tuning) table.set(key, way);
    return gpu;
  }

  async uploaded(): Promise<void> {}

  async leave(gpu: Gpu, free: () => Promise<void>, error?: unknown): Promise<void> {
    const healthy = error === undefined || (error instanceof FerError && error.exitCode === EXIT.diverged);
    if (!healthy || gpu.pipelines.size > MOST_PIPELINES) return this.close();
    await free();
    gpu.pool.trim();
  }

  /** Closes the device. The next run opens another one. */
  close(): void {
    this.#device?.gpu.close();
    this.#device = undefined;
  }
}
