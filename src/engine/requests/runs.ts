import { listRuns } from '../../train/runs.js';
import type { Handler } from '../handler.js';

/** Lists all runs in a folder, newest first. */
export const runsList: Handler<'runs.list'> = async ({ folder }) => listRuns(folder);
