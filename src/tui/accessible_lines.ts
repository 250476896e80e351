import type { Labels } from '../data/types.js';
import type { DataReport } from '../engine/requests.js';
import { percent } from '../util/axis.js';

/** What the accessible mode says, one thing a line. */

export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Does what may fail; says why it did. */
export async function attempt(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
  }
}

/** How many images each class has in each split. */
export function dataLines({ name, classes, splits, notes }: DataReport): string[] {
  const counted = Object.entries(splits).filter(([, { labels }]) => labels.length > 0);
  return [
    name,
    ...notes,
    ...counted.map(([split, { labels }]) => {
      const counts = classes.map((label, c) => `${label} ${labels.filter((l) => l === c).length}`);
      return `${split}: ${labels.length} images: ${counts.join(', ')}`;
    }),
  ];
}

/** The accuracy on a split, and the recall of each class. @param said the class that the network says, for each label of `truth` */
export function evaluationLines(
  split: string,
  { truth, said, classes }: { truth: Labels; said: Labels; classes: readonly string[] },
): string[] {
  const right = (c?: number): string => {
    const of = [...truth.keys()].filter((i) => c === undefined || truth[i] === c);
    return of.length === 0 ? 'no images' : percent(of.filter((i) => said[i] === truth[i]).length / of.length);
  };
  return [
    `accuracy on ${split}: ${right()}`,
    ...classes.map((label, c) => `recall of ${label}: ${right(c)}`),
  ];
}
