import type { Actions } from '../screen_module.js';
import { relist, soon } from './data_list.js';
import { type DataState, placeOf } from './data_state.js';

/** A model's predictions for the images of the split, and the lists of images that depend on them. */

type Act = Actions<DataState>;

/** Classifies the split, then applies `change` to the list. @param done is called afterwards */
export function classify(act: Act, weights: string, change: Partial<DataState>, done?: () => void): void {
  const { split } = act.state;
  act.set({ weights });
  act.load(
    'predictions',
    `classifying ${split} with ${weights} (Esc stops)`,
    async (engine, { signal, progress }) => {
      const predictions = await engine.request(
        'data.predict',
        { ...placeOf(act.state), split, weights },
        { signal, onProgress: ({ done, total }) => progress(done, total) },
      );
      soon(act, change, done);
      return predictions;
    },
  );
}

/** Shows the faces that another screen has requested, now that their data set is open. */
export function showWanted(act: Act): void {
  const { wanted } = act.state;
  if (wanted === undefined) return;
  const { truth, predicted, weights, count } = wanted;
  act.drop('predictions');
  relist(act, { wanted: undefined, split: 'validation', only: undefined, filter: 'all', at: 0, list: [] });
  classify(act, weights, { filter: 'cell', cell: { truth, predicted }, mode: 'sheet', at: 0 }, () => {
    const shown = act.state.list.length;
    if (shown !== count)
      act.note(
        `${shown} faces, but ${count} in the matrix, which is of other weights or of part of the images`,
      );
  });
}
