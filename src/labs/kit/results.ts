import { type Spread, spreadOf } from '../../util/spread.js';
import type { CurvePoint, LabData, Measure, Outcome } from './outcome.js';

/** One run of a lab. */
export interface LabRun extends Outcome {
  readonly variant: string;
  readonly seed: number;
}

/** A place on a curve of means, with the standard deviation over the seeds. */
export interface MeanPoint extends CurvePoint {
  /** NaN for a single seed. */
  readonly sd: number;
}

/** The runs of a lab, and statistics over them. */
export class Results<M extends string = string> {
  constructor(
    readonly lab: Pick<LabData, 'name' | 'measures' | 'variants'>,
    readonly runs: readonly LabRun[],
    /** Classes of the data set. */
    readonly classes: number,
  ) {}

  /** A measure by its name. Throws RangeError for another one. */
  measure(name: M): Measure {
    const measure = this.lab.measures[name];
    if (measure === undefined) throw new RangeError(`the lab ${this.lab.name} has no measure "${name}"`);
    return measure;
  }

  /** The values of a measure for a variant over the seeds. */
  of(variant: string, measure: M): Spread {
    return spreadOf([...this.#values(variant, measure).values()]);
  }

  /**
   * The differences `more` - `less` of a measure, seed by seed. Of a measure that is written as a power they are differences of
   * decimal logarithms: there, ratios are compared.
   */
  difference(more: string, less: string, measure: M): Spread {
    const scale = this.measure(measure).format === 'power' ? Math.log10 : (value: number) => value;
    const others = this.#values(less, measure);
    return spreadOf(
      [...this.#values(more, measure)].flatMap(([seed, value]) => {
        const other = others.get(seed);
        return other === undefined ? [] : [scale(value) - scale(other)];
      }),
    );
  }

  /** The curve of a variant, averaged over the seeds. A point where not every seed has a finite value is left out. */
  curve(variant: string): MeanPoint[] {
    const curves = this.#runsOf(variant).map(({ curve }) => curve);
    const places = curves[0]?.map(({ x }) => x) ?? [];
    return places.flatMap((x, i) => {
      const { mean, sd, n } = spreadOf(curves.map((curve) => curve[i]?.y ?? Number.NaN));
      return n === curves.length ? [{ x, y: mean, sd }] : [];
    });
  }

  #runsOf(variant: string): LabRun[] {
    if (!this.lab.variants.some(({ name }) => name === variant)) {
      throw new RangeError(`the lab ${this.lab.name} has no variant "${variant}"`);
    }
    return this.runs.filter((run) => run.variant === variant);
  }

  /** By seed. */
  #values(variant: string, measure: M): Map<number, number> {
    this.measure(measure);
    const pairs = this.#runsOf(variant).flatMap(({ seed, numbers }) => {
      const value = numbers[measure];
      return value === undefined ? [] : [[seed, value] as const];
    });
    return new Map(pairs);
  }
}
