import type { Labels } from '../data/types.js';
import type { DataReport } from '../engine/requests.js';
import { percent } from '../util/axis.js';

/** The text that the accessible mode prints. */

export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Runs `work`, and prints the message of an error that it throws. */
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

/** The accuracy on a split, and the recall of each class. @param predicted the predicted class of each image */
export function evaluationLines(
  split: string,
  { truth, predicted, classes }: { truth: Labels; predicted: Labels; classes: readonly string[] },
): string[] {
  const right = (c?: number): string => {
    const of = [...truth.keys()].filter((i) => c === undefined || truth[i] === c);
    return of.length === 0
      ? 'no images'
      : percent(of.filter((i) => predicted[i] === truth[i]).length / of.length);
  };
  return [
    `accuracy on ${split}: ${right()}`,
    ...classes.map((label, c) => `recall of ${label}: ${right(c)}`),
  ];
}
