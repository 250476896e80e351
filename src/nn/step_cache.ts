import { ShapeError } from '../gpu/errors.js';
import type { MetricTensors } from '../gpu/kernels/metrics.js';
import { packMix } from '../gpu/kernels/mixup.js';
import { Program } from '../gpu/program.js';
import { formatShape, sizeOf } from '../gpu/shape.js';
import type { ImageDraw, ImageMix } from '../util/image_draw.js';
import type { ImageStore } from './image_store.js';
import type { Network } from './network.js';
import { recordStep, type Step, type StepMode, type StepParts } from './step.js';

/** Targets of a training step, besides the labels. */
export interface LossTargets {
  /** Mixes each image with another (mixup, CutMix). Class weights and label smoothing apply to both targets. */
  readonly mix?: readonly ImageMix[] | undefined;
  /** [B, classes] distributions in place of the labels, each adding up to 1. The labels still select the class weights. */
  readonly soft?: Float32Array | undefined;
}

/** The images of a batch: floats [B, H, W, C], or draws from a store on the device. */
export type Images = Float32Array | StoredImages;

/** A batch of images that are on the device already. */
export interface StoredImages {
  /** The store that holds them. */
  readonly store: ImageStore;
  /** One draw per image of the batch: which image, and how to augment it. */
  readonly draws: readonly ImageDraw[];
}

/** The number of images. */
export function countImages(model: Network, images: Images): number {
  return images instanceof Float32Array ? images.length / sizeOf(model.inputShape) : images.draws.length;
}

/** The number of images of a batch. Throws ShapeError unless there is one label for each. */
export function batchSize(model: Network, images: Images, labels: Uint32Array): number {
  if (labels.length === 0 || countImages(model, images) !== labels.length) {
    throw new ShapeError(
      model.name,
      'a batch has one label per image',
      `${labels.length} x ${formatShape(model.inputShape)}`,
      images instanceof Float32Array ? `${images.length} values` : `${images.draws.length} images`,
    );
  }
  return labels.length;
}

/** The store that a batch is drawn from, if any. */
export function storeOf(images: Images): ImageStore | undefined {
  return images instanceof Float32Array ? undefined : images.store;
}

/** Writes a batch to the input tensors of a recorded step. */
export function fillStep({ gpu }: StepParts, step: Step, images: Images, labels: Uint32Array): void {
  if (images instanceof Float32Array) gpu.write(step.images, images);
  else if (step.draws !== undefined) images.store.choose(step.draws, images.draws);
  gpu.write(step.labels, labels);
}

/** The recorded steps of a network: one per mode, batch size, store and kind of targets, recorded and compiled at first use. */
export class StepCache {
  readonly #steps = new Map<string, Promise<Step>>();
  /** Counts changes of the weights. */
  #version = 0;
  /** The version of the weights that each step was last prepared for. */
  readonly #prepared = new Map<Step, number>();
  /** Called with the progress of compiling a new step's kernels. */
  onCompile: ((done: number, total: number) => void) | undefined;

  /** @param metricsOf the tensors that collect the metrics of a mode */
  constructor(
    readonly parts: StepParts,
    readonly metricsOf: (mode: StepMode) => MetricTensors,
  ) {}

  /** Must be called after each change of the weights: the next use of a step then prepares it again. */
  weightsChanged(): void {
    this.#version++;
  }

  /** The step for a batch, with its inputs written, and prepared for the current weights. Throws ShapeError. */
  async ready(
    mode: StepMode,
    images: Images,
    labels: Uint32Array,
    { mix, soft }: LossTargets = {},
  ): Promise<Step> {
    const { parts } = this;
    const batch = batchSize(parts.model, images, labels);
    const store = storeOf(images);
    const [mixed, softLabels] = [mix !== undefined, soft !== undefined];
    const key = `${mode} ${batch} ${store?.id ?? ''} ${mixed ? 'mixed' : ''} ${softLabels ? 'softLabels' : ''}`;
    let step = this.#steps.get(key);
    if (step === undefined) {
      const metrics = this.metricsOf(mode);
      step = this.#compiled(recordStep(parts, { batch, mode, metrics, store, mixed, softLabels }));
      step.catch(() => this.#steps.delete(key));
      this.#steps.set(key, step);
    }
    const ready = await step;
    fillStep(parts, ready, images, labels);
    if (mix !== undefined && ready.mix !== undefined) parts.gpu.write(ready.mix, packMix(mix));
    if (soft !== undefined && ready.soft !== undefined) parts.gpu.write(ready.soft, soft);
    if (ready.prepare !== undefined && this.#prepared.get(ready) !== this.#version) {
      ready.prepare.run();
      this.#prepared.set(ready, this.#version);
    }
    return ready;
  }

  async #compiled(recording: Promise<Step>): Promise<Step> {
    const step = await recording;
    const report = (done: number, total: number): void => this.onCompile?.(done, total);
    const programs = step.prepare === undefined ? [step.program] : [step.prepare, step.program];
    await Program.compileAll(this.parts.gpu, programs, report);
    return step;
  }

  /** Frees the memory of all steps. */
  async dispose(): Promise<void> {
    for (const step of await Promise.all(this.#steps.values())) {
      step.program.dispose();
      step.prepare?.dispose();
    }
    this.#prepared.clear();
    this.#steps.clear();
  }
}
