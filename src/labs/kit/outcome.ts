/** The data of a lab, and the results of its runs. */

/** One of the variants that a lab compares: a row of its table, and usually a curve of its plot. */
export interface Variant {
  readonly name: string;
  /** A note beside the row, such as a published figure. */
  readonly note?: string;
}

/** A number that every run of a lab measures: a column of its table. */
export interface Measure {
  readonly title: string;
  /** How it is written; `share` is a fraction in [0, 1], written in percent. */
  readonly format: 'share' | 'decimal' | 'whole' | 'power';
  /** Whether it is a time, which differs from run to run. All other numbers follow from the seed. */
  readonly timed?: boolean;
}

/** The axes of a lab's plot. */
export interface Plot {
  readonly title: string;
  /** Label of the x axis. */
  readonly x: string;
  /** Whether y is a fraction in [0, 1], written in percent. */
  readonly share?: boolean;
  /** Whether the y axis is logarithmic. */
  readonly log?: boolean;
  /** A level to compare with, such as chance, given the number of classes. */
  readonly level?: (classes: number) => { readonly y: number; readonly label: string };
}

/** A place on a curve. */
export interface CurvePoint {
  readonly x: number;
  readonly y: number;
}

/** The result of one run: one variant with one seed. */
export interface Outcome<M extends string = string> {
  /** By the names of the lab's measures. Not finite: the training diverged. Absent: it is not measured for this variant. */
  readonly numbers: Readonly<Partial<Record<M, number>>>;
  /** In rising order of x, at the same x for every seed; empty if the variant is not in the plot. */
  readonly curve: readonly CurvePoint[];
}

/** A lab without its functions. */
export interface LabData<V extends Variant = Variant, M extends string = string> {
  /** The name for `fer-tui lab`. */
  readonly name: string;
  /** The question that it answers, in one line. */
  readonly question: string;
  /** Training faces, unless --faces says otherwise. */
  readonly faces: number;
  /** Passes over them, unless --epochs says otherwise. */
  readonly epochs: number;
  /** The columns of the table, by name. */
  readonly measures: Readonly<Record<M, Measure>>;
  readonly plot: Plot;
  readonly variants: readonly V[];
}
