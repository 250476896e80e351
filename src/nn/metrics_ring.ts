import type { Gpu } from '../gpu/device.js';
import type { MetricTensors } from '../gpu/kernels/metrics.js';

/** The metrics of one training step, or of one batch of an evaluation. */
export interface StepMetrics {
  /** Training: the step's number over the life of the learner, from 1. Evaluation: the batch's number, from 1. */
  readonly step: number;
  /** Mean cross-entropy of the batch plus `penalty`, before the update. */
  readonly loss: number;
  /** The L1 and L2 part of `loss`. */
  readonly penalty: number;
  /** Number of correct predictions among `count` images. */
  readonly correct: number;
  /** Number of images in the batch. */
  readonly count: number;
  /** 2-norm of the gradient after penalties and clipping; only of steps after which `measureGradient` was called. */
  readonly gradientNorm?: number;
}

/** Number of steps whose metrics the device can hold until the host reads them. */
export const RING_SLOTS = 1024;

/** A ring buffer of metrics on the device. Each step writes its metrics to one slot; the host reads many slots at once. */
export class MetricsRing {
  readonly #gpu: Gpu;
  readonly #classes: number;
  /** What the steps write. */
  readonly tensors: MetricTensors;
  /** Numbers of the steps whose metrics have not been read. */
  #steps: number[] = [];

  constructor(gpu: Gpu, classes: number, name: string) {
    this.#gpu = gpu;
    this.#classes = classes;
    this.tensors = {
      ring: gpu.empty([RING_SLOTS, 4], `${name}/ring`),
      confusion: gpu.tensor(new Uint32Array(classes * classes), [classes, classes], `${name}/confusion`),
    };
  }

  /** How many steps have metrics that have not been read. */
  get size(): number {
    return this.#steps.length;
  }

  /** Whether it must be read before another step. */
  get full(): boolean {
    return this.#steps.length === RING_SLOTS;
  }

  /** The slot for the metrics of the next step, whose number this is. */
  claim(step: number): number {
    this.#steps.push(step);
    return slotOf(step);
  }

  /** The metrics of all steps since the last call, in order. Waits for these steps. */
  async read(): Promise<StepMetrics[]> {
    const ring = await this.#gpu.read(this.tensors.ring);
    const steps = this.#steps;
    this.#steps = [];
    return steps.map((step) => metricsAt(ring, step));
  }

  /** [true class][predicted class], counted over all steps since the last call. */
  async readConfusion(): Promise<number[][]> {
    const { confusion } = this.tensors;
    const counts = await this.#gpu.readU32(confusion);
    this.#gpu.write(confusion, new Uint32Array(counts.length));
    const classes = this.#classes;
    return Array.from({ length: classes }, (_, row) => [
      ...counts.subarray(row * classes, (row + 1) * classes),
    ]);
  }

  dispose(): void {
    for (const tensor of [this.tensors.ring, this.tensors.confusion]) this.#gpu.free(tensor);
  }
}

const slotOf = (step: number): number => (step - 1) % RING_SLOTS;

function metricsAt(ring: Float32Array, step: number): StepMetrics {
  const at = 4 * slotOf(step);
  const [data = 0, correct = 0, penalty = 0, count = 0] = ring.subarray(at, at + 4);
  return { step, loss: data + penalty, penalty, correct, count };
}
