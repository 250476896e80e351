import { duplicateKinds } from '../data/facts.js';
import { faceId, placeInSource } from '../data/labels_file.js';
import { PIXELS } from '../data/split_builder.js';
import type { Dataset, SplitName } from '../data/types.js';
import type { Suspect } from '../noise/confident_learning.js';
import type { FerplusAgreement } from '../noise/ferplus_agreement.js';
import { NOT_FACE_KINDS } from '../noise/not_faces.js';
import type { NoiseReport } from '../noise/report.js';
import { percent } from '../util/axis.js';
import { FACE_SIZE } from '../util/classes.js';
import type { Picture } from '../util/picture.js';
import { printable } from '../util/printable.js';
import { type LineOptions, pictureLines } from './inspection_lines.js';
import { table } from './table.js';

/** Faces of one kind to paint: two rows in a wide terminal. */
const PAINTED = 12;

/** A report on label noise as text, with pictures where the terminal shows them. @param top suspects to list */
export function noiseLines(report: NoiseReport, dataset: Dataset, top: number, options: LineOptions): string {
  const { labels, decided, identical, near, notFaces } = report;
  const { classes, splits } = dataset;
  const { leaks, disputes } = duplicateKinds(identical);
  const nearLeaks = near.filter(({ a, b }) => a.split !== b.split).length;
  const nearDisputes = near.filter(({ a, b }) => a.label !== b.label).length;
  const nameOf = (label: number): string => classes[label] ?? '';
  const shown = labels.suspects.slice(0, top);
  const caption = ({ row, label, proposed }: Suspect): string =>
    `${row} ${nameOf(label)}: ${nameOf(proposed)}?`;
  const rows = shown.map((suspect, i) => [
    ...[`${i + 1}`, `${suspect.row}`, nameOf(suspect.label), percent(suspect.own)],
    ...[nameOf(suspect.proposed), percent(suspect.other)],
  ]);
  const kinds = NOT_FACE_KINDS.map((kind) => [kind, notFaces.filter((own) => own.kind === kind)] as const);
  const pictures = (of: readonly { split: SplitName; index: number; text: string }[]): string[] =>
    options.pictures
      ? pictureLines(
          of.slice(0, PAINTED).map(({ split, index, text }) => ({
            ...{ name: `${split}-${index}`, caption: text, picture: faceOf(dataset, split, index) },
          })),
          options,
        )
      : [];
  const count = (n: number): string => n.toLocaleString('en');
  return [
    `${printable(dataset.name)}, ${count(splits.train.labels.length)} training images`,
    '',
    `predictions: ${percent(labels.agreement)} of the labels agree with them; the fewer agree, the less reliable is the list of suspects`,
    `labels: about ${percent(labels.noise)} are wrong by the confident joint; ${count(labels.suspects.length)} suspects${decided > 0 ? `, ${count(decided)} more are decided` : ''}`,
    '',
    'estimated images (row: label, column: true class)',
    table(
      ['', ...classes],
      labels.joint.map((line, label) => [nameOf(label), ...line.map((n) => count(Math.round(n)))]),
    ),
    ...(report.ferplus === undefined ? [] : ferplusLines(report.ferplus)),
    ...(shown.length === 0
      ? []
      : [
          table(['', 'train', 'label', 'p', 'proposed', 'p'], rows),
          ...pictures(shown.map((s) => ({ split: 'train', index: s.row, text: caption(s) }))),
        ]),
    `identical images: ${count(identical.length)} groups, ${count(leaks)} across splits, ${count(disputes)} with several labels`,
    `nearly identical: ${count(near.length)} pairs, ${count(nearLeaks)} across splits, ${count(nearDisputes)} with two labels`,
    `probably no faces: ${count(notFaces.length)}`,
    ...kinds
      .filter(([, of]) => of.length > 0)
      .flatMap(([kind, of]) => [
        `  ${kind}: ${of.map(({ split, index }) => `${split} ${index}`).join(', ')}`,
        ...pictures(
          of.map(({ split, index, label }) => ({ split, index, text: `${index} ${nameOf(label)}` })),
        ),
      ]),
    '',
  ].join('\n');
}

/** How many labels and suspects the people of FER+ dispute. */
function ferplusLines({ images, disputed, suspects, confirmed, sameClass }: FerplusAgreement): string[] {
  const share = (part: number, whole: number): string =>
    `${part.toLocaleString('en')} of ${whole.toLocaleString('en')}${whole === 0 ? '' : ` (${percent(part / whole)})`}`;
  return [
    `FER+ disputes the labels of ${share(disputed, images)} images, and of ${share(confirmed, suspects)} suspects;`,
    `  it names the proposed class for ${share(sameClass, confirmed)} of these; suspects are ${share(confirmed, disputed)} of all disputed labels`,
    '',
  ];
}

function faceOf({ splits }: Dataset, split: SplitName, index: number): Picture {
  const data = splits[split].images.subarray(index * PIXELS, (index + 1) * PIXELS);
  return { width: FACE_SIZE, height: FACE_SIZE, channels: 1, data };
}

/** A report as JSON: all suspects with their rows in the source, duplicates and pictures that are no faces, with class names. */
export function noiseJson(report: NoiseReport, dataset: Dataset): object {
  const { name, classes, splits } = dataset;
  const { labels, decided, ferplus, identical, near, notFaces } = report;
  const named = <T extends { readonly label: number }>(item: T) => ({ ...item, label: classes[item.label] });
  return {
    ...{ name, classes, images: splits.train.labels.length, agreement: labels.agreement },
    ...{ noise: labels.noise, joint: labels.joint },
    ...{ decided, ferplus },
    suspects: labels.suspects.map(({ row, label, proposed, own, other, score }) => ({
      ...placeInSource(dataset, { split: 'train', index: row }),
      face: faceId(splits.train, row),
      ...{ label: classes[label], proposed: classes[proposed], own, other, score },
    })),
    identical: identical.map((group) => group.map(named)),
    near: near.map(({ a, b, correlation }) => ({ a: named(a), b: named(b), correlation })),
    notFaces: notFaces.map(named),
  };
}
