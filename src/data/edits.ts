import { pickRows } from './rows.js';
import { type Dataset, type Labels, SPLIT_NAMES, type Split, type SplitName } from './types.js';

/** Changes of the labels of a data set, collected before they are applied at once: rows keep their indices until then. */
export class Edits {
  readonly #labels: Record<SplitName, Labels>;
  readonly #targets: Partial<Record<SplitName, Float32Array>> = {};
  readonly #dropped: Readonly<Record<SplitName, Set<number>>> = {
    ...{ train: new Set(), validation: new Set(), test: new Set() },
  };

  constructor(private readonly dataset: Dataset) {
    const { train, validation, test } = dataset.splits;
    this.#labels = {
      ...{ train: train.labels.slice(), validation: validation.labels.slice(), test: test.labels.slice() },
    };
  }

  /** Gives an image another label. Its target distribution, if it has one, becomes certain. */
  relabel(split: SplitName, index: number, label: number): void {
    this.#labels[split][index] = label;
    const classes = this.dataset.classes.length;
    this.#targets[split]?.fill(0, index * classes, (index + 1) * classes);
    this.#targets[split]?.fill(1, index * classes + label, index * classes + label + 1);
  }

  /** Leaves an image out. */
  drop(split: SplitName, index: number): void {
    this.#dropped[split].add(index);
  }

  /** Gives every image of a split a target distribution, [n, classes]; the labels stay. */
  target(split: SplitName, targets: Float32Array): void {
    this.#targets[split] = targets;
  }

  /** The data set with all changes. @param note what its name says about them */
  apply(note: string): Dataset {
    const changed = (name: SplitName): Split => {
      const { images } = this.dataset.splits[name];
      const targets = this.#targets[name];
      const split = { images, labels: this.#labels[name], ...(targets && { targets }) };
      const dropped = this.#dropped[name];
      if (dropped.size === 0) return split;
      return pickRows(
        split,
        Array.from(split.labels.keys()).filter((row) => !dropped.has(row)),
      );
    };
    const [train, validation, test] = SPLIT_NAMES.map(changed) as [Split, Split, Split];
    return {
      ...this.dataset,
      name: `${this.dataset.name}, ${note}`,
      splits: { train, validation, test },
    };
  }
}
