import { listRuns } from '../../train/runs.js';
import type { Handler } from '../handler.js';

/** All runs of a folder, the latest first. */
export const runsList: Handler<'runs.list'> = async ({ folder }) => listRuns(folder);
