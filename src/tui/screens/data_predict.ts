import type { Actions } from '../screen_module.js';
import { relist, soon } from './data_list.js';
import { type DataState, placeOf } from './data_state.js';

/** What a model says of the images of the split, and lists that follow from it. */

type Act = Actions<DataState>;

/** Classifies the split, and then shows the list that `change` asks for. @param told hears of it once the list is there */
export function classify(
  act: Act,
  weights: string,
  change: Partial<DataState>,
  told = (): void => undefined,
): void {
  const { split } = act.state;
  act.set({ weights });
  act.load(
    'predictions',
    `classifying ${split} with ${weights} (Esc stops)`,
    async (engine, { signal, progress }) => {
      const said = await engine.request(
        'data.predict',
        { ...placeOf(act.state), split, weights },
        { signal, onProgress: ({ done, total }) => progress(done, total) },
      );
      soon(act, change, told);
      return said;
    },
  );
}

/** Shows the faces that another screen wants to see, now that their data set is open. */
export function showWanted(act: Act): void {
  const { wanted } = act.state;
  if (wanted === undefined) return;
  const { truth, said, weights, count } = wanted;
  act.drop('predictions');
  relist(act, { wanted: undefined, split: 'validation', only: undefined, filter: 'all', at: 0, list: [] });
  classify(act, weights, { filter: 'cell', cell: { truth, said }, mode: 'sheet', at: 0 }, () => {
    const shown = act.state.list.length;
    if (shown !== count)
      act.note(`${shown} faces, ${count} in the matrix: it is of other weights, or of a part of the images`);
  });
}
