/** What a lab consists of as data, and what its runs give. */

/** One of the things that a lab compares: a row of its table, and mostly a curve of its plot. */
export interface Variant {
  readonly name: string;
  /** What to read beside the row, such as a published figure. */
  readonly note?: string;
}

/** A number that every run of a lab gives: a column of its table. */
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

/** What one run gives: one variant with one seed. */
export interface Outcome<M extends string = string> {
  /** By the names of the lab's measures. Not finite: the training diverged. Absent: it is not measured for this variant. */
  readonly numbers: Readonly<Partial<Record<M, number>>>;
  /** In rising x, at the same places for every seed; empty: the variant is not in the plot. */
  readonly curve: readonly CurvePoint[];
}

/** A lab without its functions. */
export interface LabData<V extends Variant = Variant, M extends string = string> {
  /** What `fer-tui lab` calls it. */
  readonly name: string;
  /** What it answers, in one line. */
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
