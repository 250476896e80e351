/** How features are ranked: by what one of them alone tells about the class. */
export const RANKINGS = ['mutual-information', 'chi-squared'] as const;
/** A way to rank features. */
export type Ranking = (typeof RANKINGS)[number];

/**
 * How often each feature has each value in each class. A feature is a count of pixels, so it has few values, and the tally of all
 * images is small; everything about the training images follows from it exactly.
 */
export class PatternTally {
  /** Values that a count may have. */
  readonly #levels: number;
  /** [feature][class][count] */
  readonly #counts: Uint32Array;
  readonly #images: Uint32Array;

  /** @param areas pixels of the cell of each feature @param classes how many there are */
  constructor(
    private readonly areas: readonly number[],
    private readonly classes: number,
  ) {
    this.#levels = areas.reduce((most, area) => Math.max(most, area), 0) + 1;
    this.#counts = new Uint32Array(areas.length * classes * this.#levels);
    this.#images = new Uint32Array(classes);
  }

  /** Adds an image. @param shares of the features, as the kernel computes them: a count over the pixels of the cell */
  add(shares: Float32Array, label: number): void {
    const levels = this.#levels;
    this.areas.forEach((area, feature) => {
      const count = Math.round((shares[feature] as number) * area);
      const at = (feature * this.classes + label) * levels + count;
      this.#counts[at] = (this.#counts[at] as number) + 1;
    });
    this.#images[label] = (this.#images[label] as number) + 1;
  }

  /** Images so far. */
  get size(): number {
    return this.#images.reduce((sum, count) => sum + count, 0);
  }

  /** Visits the values of a feature in each class: `count` pixels of the cell in `images` images. */
  #visit(feature: number, visit: (label: number, count: number, images: number) => void): void {
    const levels = this.#levels;
    for (let label = 0; label < this.classes; label++) {
      const first = (feature * this.classes + label) * levels;
      for (let count = 0; count < levels; count++) {
        const images = this.#counts[first + count] as number;
        if (images > 0) visit(label, count, images);
      }
    }
  }

  /** Mean and variance of a feature, over all images. */
  moments(feature: number): { readonly mean: number; readonly variance: number } {
    const area = this.areas[feature] as number;
    let [sum, squares] = [0, 0];
    this.#visit(feature, (_, count, images) => {
      sum += images * count;
      squares += images * count * count;
    });
    const mean = sum / this.size;
    return { mean: mean / area, variance: Math.max(0, squares / this.size - mean * mean) / (area * area) };
  }

  /**
   * What a feature tells about the class.
   * mutual-information: I(z; class) in nats, where z says whether the feature is above its mean over all images.
   * chi-squared: sum over classes of (O - E)^2 / E, where O is the sum of the feature over the images of the class, and E what it
   * would be if all classes had the same mean (as `sklearn.feature_selection.chi2`).
   */
  score(feature: number, ranking: Ranking): number {
    return ranking === 'chi-squared' ? this.#chiSquared(feature) : this.#information(feature);
  }

  #chiSquared(feature: number): number {
    const observed = new Float64Array(this.classes);
    this.#visit(feature, (label, count, images) => {
      observed[label] = (observed[label] as number) + (images * count) / (this.areas[feature] as number);
    });
    const total = observed.reduce((sum, value) => sum + value, 0);
    return observed.reduce((sum, value, label) => {
      const expected = (total * (this.#images[label] as number)) / this.size;
      return expected === 0 ? sum : sum + (value - expected) ** 2 / expected;
    }, 0);
  }

  #information(feature: number): number {
    const mean = this.moments(feature).mean * (this.areas[feature] as number);
    const above = new Float64Array(this.classes);
    this.#visit(feature, (label, count, images) => {
      if (count > mean) above[label] = (above[label] as number) + images;
    });
    const n = this.size;
    const all = above.reduce((sum, images) => sum + images, 0);
    const part = (joint: number, z: number, inClass: number): number =>
      joint === 0 ? 0 : (joint / n) * Math.log((joint * n) / (z * inClass));
    return above.reduce((sum, joint, label) => {
      const inClass = this.#images[label] as number;
      return sum + part(joint, all, inClass) + part(inClass - joint, n - all, inClass);
    }, 0);
  }

  /** The numbers of the `count` features with the highest scores, in rising order. Of equal ones the first counts. */
  best(count: number, ranking: Ranking): number[] {
    const scores = this.areas.map((_, feature) => ({ feature, score: this.score(feature, ranking) }));
    scores.sort((a, b) => b.score - a.score || a.feature - b.feature);
    return scores
      .slice(0, count)
      .map(({ feature }) => feature)
      .sort((a, b) => a - b);
  }
}
