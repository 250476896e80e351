import type { Twin } from '../../data/facts.js';
import type { Correction, Decision, Place } from '../../data/labels_file.js';
import type { SplitName } from '../../data/types.js';
import type { DataPlace, DataReport, Predictions } from '../../engine/requests.js';
import type { Picture } from '../../util/picture.js';
import type { Loadable } from '../loadable.js';
import type { MatrixCell } from '../widgets.js';

/** The state of the Data screen. */

/** Faces of the validation split that another screen asks for: those of one cell of a confusion matrix. */
export interface WantedFaces extends MatrixCell {
  readonly weights: string;
  /** How many the matrix counts. */
  readonly count: number;
}

export interface DataState {
  readonly path: string;
  /** Names of the classes, as for `--classes`; empty: the names in the data. */
  readonly classes: string;
  readonly report: Loadable<DataReport>;
  /** The data set that is being read to replace `report`, and its path. */
  readonly next: Loadable<DataReport>;
  readonly nextPath: string;
  readonly split: SplitName;
  /** The only class that is shown; undefined: all. */
  readonly only: number | undefined;
  readonly filter: 'all' | 'wrong' | 'twins' | 'constant' | 'cell';
  /** The cell of a confusion matrix whose faces the filter `cell` shows, and the faces that another screen has requested. */
  readonly cell: MatrixCell | undefined;
  readonly wanted: WantedFaces | undefined;
  /** Indices of the listed images, in order, and the position of the current one. */
  readonly list: readonly number[];
  readonly at: number;
  readonly mode: 'face' | 'sheet' | 'augment';
  /** The loaded pixels, by index of the image; `source` names their data set and split. */
  readonly faces: { readonly source: string; readonly byIndex: ReadonlyMap<number, Picture> };
  /** The current face, augmented as in each epoch. */
  readonly variants: { readonly source: string; readonly pictures: readonly Picture[] };
  /** As `--augment` takes it. */
  readonly augment: string;
  readonly seed: number;
  readonly twins: Loadable<Twin[][]>;
  readonly weights: string;
  readonly predictions: Loadable<Predictions>;
  /** The file of decisions about labels: its path and its content. `before`: the decisions that undo restores. */
  readonly labels: string;
  readonly corrections: Loadable<readonly Correction[]>;
  readonly before: readonly (Place & { readonly decision: Decision | undefined })[];
}

/** Index of the current face; undefined if the list is empty. */
export function currentIndex({ list, at }: Pick<DataState, 'list' | 'at'>): number | undefined {
  return list[at];
}

export function reportOf({ report }: Pick<DataState, 'report'>): DataReport | undefined {
  return report.status === 'ready' ? report.value : undefined;
}

/** The data set, for requests. */
export const placeOf = ({ path, classes }: Pick<DataState, 'path' | 'classes'>): DataPlace => ({
  path,
  ...(classes !== '' && { classes }),
});

/** Names the data set and split in which the indices of images count. */
export const sourceOf = ({ path, classes, split }: Pick<DataState, 'path' | 'classes' | 'split'>): string =>
  [path, classes, split].filter((part) => part !== '').join(' ');
