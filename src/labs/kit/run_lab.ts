import { labelsLike } from '../../data/labels.js';
import type { Dataset, Split } from '../../data/types.js';
import type { Gpu } from '../../gpu/device.js';
import type { Control } from '../../train/control.js';
import { Rng } from '../../util/random.js';
import type { Finding } from './finding.js';
import type { Lab } from './lab.js';
import { type LabRun, Results } from './results.js';
import { LabStopped, Workbench } from './workbench.js';

/** How a lab is run. */
export interface LabOptions {
  readonly gpu: Gpu;
  /** The data set. A part of its faces is used. */
  readonly dataset: Dataset;
  /** One run of each variant for each of them. */
  readonly seeds: readonly number[];
  /** Training faces; default: the lab's own number. */
  readonly faces?: number | undefined;
  /** Passes over them; default: the lab's own number. */
  readonly epochs?: number | undefined;
  /** Stops it after the current step. */
  readonly control: Control;
  readonly onProgress?: (progress: LabProgress) => void;
}

/** The progress of a lab. */
export interface LabProgress {
  /** Number of completed runs, plus the fraction of the current one. */
  readonly done: number;
  readonly total: number;
  readonly variant: string;
  readonly seed: number;
  /** Seconds left; null until it can be estimated. */
  readonly etaS: number | null;
}

/** The report of a lab. */
export interface LabReport {
  readonly lab: Lab;
  readonly results: Results;
  /** What to notice; undefined if the lab was interrupted, because a finding needs all runs. */
  readonly finding: Finding | undefined;
  /** Name of the data set, and how many of its faces were used. */
  readonly data: { readonly name: string; readonly train: number; readonly validation: number };
  readonly adapter: string;
  readonly seeds: readonly number[];
  readonly epochs: number;
  readonly seconds: number;
}

/** Fewest validation faces, if there are so many: fewer make accuracies coarse. */
const VALIDATION = 420;
/** Random stream for the choice of faces. All seeds use the same faces. */
const CHOICE_STREAM = 3_000_003;

/** Runs all variants of a lab with every seed. Throws what a run throws. After an interruption it returns without an error. */
export async function runLab(lab: Lab, options: LabOptions): Promise<LabReport> {
  const { gpu, seeds, epochs = lab.epochs, faces = lab.faces, control, onProgress } = options;
  const dataset = sampled(options.dataset, faces);
  const begin = performance.now();
  const pace = new Pace(
    lab.variants.map(({ name }) => name),
    seeds.length,
  );
  const runs: LabRun[] = [];
  // All variants with one seed, then with the next: an interrupted lab can compare what it has.
  const planned = seeds.flatMap((seed) => lab.variants.map((variant) => ({ seed, variant })));
  let interrupted = false;
  for (const { seed, variant } of planned) {
    pace.begin(variant.name);
    const report = (share: number): void =>
      onProgress?.({
        ...{ done: runs.length + share, total: planned.length },
        ...{ variant: variant.name, seed, etaS: pace.eta(share) },
      });
    report(0);
    const bench = new Workbench(gpu, dataset, seed, epochs, control, report);
    try {
      runs.push({ variant: variant.name, seed, ...(await lab.run(variant, bench)) });
      pace.end();
    } catch (error) {
      if (!(error instanceof LabStopped)) throw error;
      interrupted = true;
      break;
    } finally {
      await bench.dispose();
    }
  }
  const results = new Results(lab, runs, dataset.classes.length);
  const { train, validation } = dataset.splits;
  return {
    ...{ lab, results, seeds, epochs },
    finding: interrupted ? undefined : lab.notice(results),
    data: { name: dataset.name, train: train.labels.length, validation: validation.labels.length },
    adapter: gpu.info.name,
    seconds: (performance.now() - begin) / 1000,
  };
}

/** The faces of a lab: a random part of the training faces and of the validation faces, the same for every seed. */
function sampled(dataset: Dataset, faces: number): Dataset {
  const { train, validation, test } = dataset.splits;
  const none = { images: test.images.subarray(0, 0), labels: test.labels.subarray(0, 0) };
  return {
    ...dataset,
    splits: {
      train: partOf(train, faces),
      validation: partOf(validation, Math.max(VALIDATION, Math.round(faces / 5))),
      test: none,
    },
  };
}

/** `count` faces in random order, so that the first few are a random sample too. */
function partOf({ images, labels }: Split, count: number): Split {
  const size = images.length / Math.max(1, labels.length);
  const order = new Rng(0, CHOICE_STREAM).shuffle(Uint32Array.from(labels.keys())).subarray(0, count);
  const part = new Uint8Array(order.length * size);
  for (const [to, from] of order.entries()) {
    part.set(images.subarray(from * size, (from + 1) * size), to * size);
  }
  return {
    images: part,
    labels: labelsLike(labels, order.length).map((_, i) => labels[order[i] as number] as number),
  };
}

/** From this share of a run on, its time is used for the estimate. Before, compiling dominates. */
const TELLING = 0.1;

/** Estimates the time left. Variants take different times, so each is judged by its own runs as soon as there is one. */
class Pace {
  readonly #seconds = new Map<string, number>();
  #begun = 0;
  #current = '';
  readonly #left: Map<string, number>;

  constructor(variants: readonly string[], seeds: number) {
    this.#left = new Map(variants.map((name) => [name, seeds]));
  }

  begin(variant: string): void {
    this.#current = variant;
    this.#begun = performance.now();
    this.#left.set(variant, (this.#left.get(variant) ?? 1) - 1);
  }

  end(): void {
    this.#seconds.set(this.#current, this.#elapsed);
  }

  /** @param share how much of the current run is done */
  eta(share: number): number | null {
    const known = new Map(this.#seconds);
    if (!known.has(this.#current) && share >= TELLING) known.set(this.#current, this.#elapsed / share);
    if (known.size === 0) return null;
    const mean = [...known.values()].reduce((sum, s) => sum + s, 0) / known.size;
    const of = (variant: string): number => known.get(variant) ?? mean;
    const later = [...this.#left].reduce((sum, [variant, runs]) => sum + runs * of(variant), 0);
    return later + Math.max(0, of(this.#current) * (1 - share));
  }

  get #elapsed(): number {
    return (performance.now() - this.#begun) / 1000;
  }
}
