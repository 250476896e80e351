import type { DataReport } from '../../engine/requests.js';
import { EMPTY, ready } from '../loadable.js';
import type { Actions } from '../screen_module.js';
import { dataOf, withData } from '../workspace.js';
import { labelsBeside, openLabels } from './data_labels.js';
import { relist } from './data_list.js';
import { showWanted } from './data_predict.js';
import { type DataState, placeOf, reportOf } from './data_state.js';

/** Opening a data set on the Data screen, for all screens. */

type Act = Actions<DataState>;

export const DATA_CLOSED: DataState = {
  ...{
    path: '',
    classes: '',
    report: EMPTY,
    next: EMPTY,
    nextPath: '',
    split: 'train',
    only: undefined,
    filter: 'all',
    cell: undefined,
    wanted: undefined,
    list: [],
    at: 0,
  },
  ...{ mode: 'face', faces: { source: '', byIndex: new Map() }, variants: { source: '', pictures: [] } },
  ...{ augment: 'default', seed: 7, twins: EMPTY, weights: '', predictions: EMPTY },
  ...{ labels: '', corrections: EMPTY, before: [] },
} as const;

/** Opens a data set. The one that is open stays until the new one has been read, or if the new one cannot be read. */
export function openPath(act: Act, path: string, classes = ''): void {
  const first = reportOf(act.state) === undefined;
  const place = placeOf({ path, classes });
  act.drop('next');
  act.set(first ? { path, classes } : { nextPath: path });
  act.load(first ? 'report' : 'next', `reading ${path}`, async (engine, { signal, progress }) => {
    const report = await engine.request('data.open', place, {
      signal,
      onProgress: ({ done, total }) => progress(done, total),
    });
    setImmediate(() => {
      if (!signal.aborted) take(act, report, path, classes);
    });
    return report;
  });
}

/** Shows a data set that was read. */
function take(act: Act, report: DataReport, path: string, classes: string): void {
  act.drop('twins');
  act.drop('predictions');
  const { wanted } = act.state;
  act.set({ ...DATA_CLOSED, path, classes, report: ready(report), wanted });
  act.setApp({ workspace: withData(act.app.workspace, path, classes) });
  openLabels(act, labelsBeside(path));
  relist(act);
  showWanted(act);
}

/** Opens the data set of the workspace, unless it is open. */
export function openShared(act: Act): void {
  const { state, app } = act;
  const [path, classes] = [dataOf(app.workspace), String(app.workspace.settings['classes'] ?? '')];
  const begun = state.report.status !== 'empty' && state.path === path && state.classes === classes;
  if (begun && state.report.status === 'ready') showWanted(act);
  if (!begun && state.nextPath !== path) openPath(act, path, classes);
}
