import type { Finding } from './finding.js';
import type { LabData, Outcome, Variant } from './outcome.js';
import type { Results } from './results.js';
import type { Workbench } from './workbench.js';

/** An experiment: its variants, how to run one of them, and what to notice. */
export interface Lab<V extends Variant = Variant, M extends string = string> extends LabData<V, M> {
  /** Runs one variant with the seed of the workbench. */
  run(variant: V, bench: Workbench): Promise<Outcome<M>>;
  /** What to notice, judged by the results of all runs. */
  notice(results: Results<M>): Finding;
}

/** Checks the types of a lab, and returns it with general types for variants and measures, so that all labs fit into one list. */
export function defineLab<const V extends Variant, M extends string>(lab: Lab<V, M>): Lab {
  return lab;
}
