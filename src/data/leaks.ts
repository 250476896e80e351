import { duplicateFaces, type Twin } from './facts.js';
import { nearDuplicates } from './near_duplicates.js';
import { pickRows } from './rows.js';
import type { Dataset, Leaks } from './types.js';

/**
 * Leaks between splits: training images that are also in the validation or test images make results look better than they are
 * (Barz, Denzler 2020, "Do We Train on Test Data?"). What counts as nearly identical is defined by `nearDuplicates`.
 */

/** @returns how many images leak, and the rows of the leaking training images */
export async function findLeaks(
  dataset: Pick<Dataset, 'splits'>,
): Promise<{ leaks: Leaks; rows: Set<number> }> {
  const identical = new Set<number>();
  const others = new Set<number>();
  for (const twins of duplicateFaces(dataset)) {
    if (twins.every(({ split }) => split === twins[0]?.split)) continue;
    const training = twins.filter(({ split }) => split === 'train');
    for (const { index } of training) identical.add(index);
    const splits = new Set(twins.map(({ split }) => split));
    if (splits.has('test') && splits.has('validation')) addRows(others, twins, 'test');
  }
  const near = new Set<number>();
  for (const { a, b } of await nearDuplicates(dataset, { across: true })) {
    if (a.split !== 'train') addRows(others, [a, b], 'test');
    else if (!identical.has(a.index)) near.add(a.index);
  }
  const leaks = { identical: identical.size, near: near.size, testInValidation: others.size };
  return { leaks, rows: new Set([...identical, ...near]) };
}

function addRows(rows: Set<number>, twins: readonly Twin[], split: Twin['split']): void {
  for (const twin of twins) if (twin.split === split) rows.add(twin.index);
}

/** The data set with its leaks counted and noted. @param drop leave the leaking training images out */
export async function withLeaks(dataset: Dataset, drop: boolean): Promise<Dataset> {
  const { leaks, rows } = await findLeaks(dataset);
  const { train } = dataset.splits;
  const counted = { ...dataset, leaks, notes: [...dataset.notes, ...leakNotes(leaks, drop)] };
  if (!drop || rows.size === 0) return counted;
  const kept = Array.from(train.labels.keys()).filter((row) => !rows.has(row));
  const { heldOut } = dataset;
  return {
    ...counted,
    splits: { ...dataset.splits, train: pickRows(train, kept) },
    ...(heldOut && { heldOut: { ...heldOut, train: kept.map((row) => heldOut.train[row] as number) } }),
  };
}

function leakNotes({ identical, near, testInValidation }: Leaks, drop: boolean): string[] {
  const number = (n: number): string => n.toLocaleString('en');
  const kinds = `(${number(identical)} identical, ${number(near)} nearly identical)`;
  const all = number(identical + near);
  return [
    ...(identical + near === 0
      ? []
      : drop
        ? [`${all} training images left out that are also in the validation or test images ${kinds}`]
        : [
            `leak: ${all} training images of the data are also in its validation or test images ${kinds}; --drop-duplicates leaves them out`,
          ]),
    ...(testInValidation === 0
      ? []
      : [`leak: ${number(testInValidation)} test images are also in the validation images`]),
  ];
}
