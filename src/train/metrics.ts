/** How well one class is recognised. */
export interface ClassMetrics {
  readonly name: string;
  /** Of what was called this class, the share that is; 0 when nothing was. */
  readonly precision: number;
  /** Of this class, the share that was found; 0 when there is none. */
  readonly recall: number;
  /** Harmonic mean of the two. */
  readonly f1: number;
  /** Images of this class. */
  readonly support: number;
}

/** Per-class figures of confusion counts [true][predicted]. */
export function classMetrics(
  confusion: readonly (readonly number[])[],
  classes: readonly string[],
): ClassMetrics[] {
  return classes.map((name, c) => {
    const hits = confusion[c]?.[c] ?? 0;
    const support = (confusion[c] ?? []).reduce((sum, n) => sum + n, 0);
    const called = confusion.reduce((sum, row) => sum + (row[c] ?? 0), 0);
    const precision = called === 0 ? 0 : hits / called;
    const recall = support === 0 ? 0 : hits / support;
    const f1 = precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
    return { name, precision, recall, f1, support };
  });
}

/** Mean F1 over the classes, each counted alike. */
export function macroF1(perClass: readonly ClassMetrics[]): number {
  return perClass.reduce((sum, { f1 }) => sum + f1, 0) / perClass.length;
}
