import { PIXELS } from '../../data/split_builder.js';
import { FACE_SIZE } from '../../util/classes.js';
import type { Picture } from '../../util/picture.js';
import type { Actions } from '../screen_module.js';
import { currentIndex, type DataState, placeOf, reportOf, sourceOf } from './data_state.js';

/** The list of faces that the Data screen shows, and their pixels. */

type Act = Actions<DataState>;

/** Faces loaded before and after the current one, and the distance from their end at which more are loaded. */
const [FETCH, NEAR] = [64, 24];
/** Epochs of the augmentation preview: as many as fit on a large terminal. */
const EPOCHS = 31;

/**
 * Indices of the images that match class and filter. With the filters `wrong` and `cell`, they are sorted by the model's
 * confidence, highest first.
 */
function listOf(state: DataState): number[] {
  const { split, only, filter, cell, twins, predictions } = state;
  const { labels, constant } = reportOf(state)?.splits[split] ?? { labels: new Uint8Array(0), constant: [] };
  let list: number[] = [];
  if (filter === 'constant') list = [...constant];
  else if (filter === 'twins') {
    const groups = twins.status === 'ready' ? twins.value : [];
    list = groups.flatMap((group) => group.filter((twin) => twin.split === split).map(({ index }) => index));
  } else if (filter === 'wrong' || filter === 'cell') {
    const { predicted, confidence } =
      predictions.status === 'ready' ? predictions.value : { predicted: [], confidence: [] };
    const listed = (index: number): boolean =>
      filter === 'wrong'
        ? predicted[index] !== labels[index]
        : labels[index] === cell?.truth && predicted[index] === cell?.predicted;
    list = [...predicted.keys()].filter(listed);
    list.sort((a, b) => (confidence[b] ?? 0) - (confidence[a] ?? 0));
  } else list = [...labels.keys()];
  return only === undefined ? list : list.filter((index) => labels[index] === only);
}

/** Changes the list of faces. The current face stays selected if the new list contains it. */
export function relist(act: Act, change: Partial<DataState> = {}): void {
  const here = currentIndex(act.state);
  act.set(change);
  const list = listOf(act.state);
  const at = here === undefined ? 0 : list.indexOf(here);
  act.set({ list, at: Math.max(0, at) });
  fetchFaces(act);
}

/** Updates the list when newly loaded data has reached the state. @param done is called afterwards */
export function soon(act: Act, change?: Partial<DataState>, done?: () => void): void {
  setImmediate(() => {
    relist(act, change);
    done?.();
  });
}

export function move(act: Act, step: number): void {
  const last = act.state.list.length - 1;
  act.set({ at: Math.max(0, Math.min(last, act.state.at + step)) });
  fetchFaces(act);
}

/** Loads the pixels of the faces around the current one, unless they are in memory. */
export function fetchFaces(act: Act): void {
  const { split, list, at, faces } = act.state;
  const source = sourceOf(act.state);
  const near = list.slice(Math.max(0, at - NEAR), at + NEAR);
  if (source !== faces.source || !near.every((index) => faces.byIndex.has(index))) {
    const indices = list.slice(Math.max(0, at - FETCH), at + FETCH);
    act.engine.request('data.faces', { ...placeOf(act.state), split, indices }).then(
      (pixels) => {
        if (sourceOf(act.state) !== source) return;
        const pictures = picturesOf(pixels);
        act.set({
          faces: { source, byIndex: new Map(indices.map((index, i) => [index, pictures[i] as Picture])) },
        });
      },
      (error: Error) => act.note(error.message, 'bad'),
    );
  }
  if (act.state.mode === 'augment') fetchVariants(act);
}

function fetchVariants(act: Act): void {
  const { split, augment, seed } = act.state;
  const index = currentIndex(act.state);
  const source = `${sourceOf(act.state)} ${index} ${augment} ${seed}`;
  if (index === undefined || source === act.state.variants.source) return;
  act.set({ variants: { source, pictures: [] } });
  act.engine
    .request('data.augment', { ...placeOf(act.state), split, index, augment, seed, epochs: EPOCHS })
    .then(
      (pixels) => {
        if (act.state.variants.source === source)
          act.set({ variants: { source, pictures: picturesOf(pixels) } });
      },
      (error: Error) => act.note(error.message, 'bad'),
    );
}

/** @param pixels [n, 48, 48] */
function picturesOf(pixels: Uint8Array): Picture[] {
  return Array.from({ length: pixels.length / PIXELS }, (_, i) => ({
    ...{ width: FACE_SIZE, height: FACE_SIZE, channels: 1 },
    data: pixels.subarray(i * PIXELS, (i + 1) * PIXELS),
  }));
}
