import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isH5 } from '../formats/hdf5.js';
import { holdsOnlyWeights } from '../formats/keras_h5.js';
import { isZip } from '../formats/keras_zip.js';
import { isOnnx } from '../formats/onnx_reading/file.js';
import { refuseOtherKinds } from '../formats/other_kinds.js';
import { decodeSafetensors } from '../formats/safetensors.js';
import { FerError, RunError } from '../util/errors.js';
import { foreignError, foreignJson } from '../util/foreign.js';
import { readWhole } from '../util/read_whole.js';
import { missingReason, systemReason } from '../util/system_reason.js';
import { loadCheckpoint } from './checkpoint.js';
import { isEnsemble, readEnsembleFile } from './ensemble_file.js';
import { readLog } from './event_log.js';
import { refuseNonModels } from './not_a_model.js';
import { type ForeignModel, openModel, openNetwork } from './weights.js';

/**
 * `verified`: the file has a checksum that fits its content, and all in it makes sense. `readable`: it makes sense, but has no
 * checksum, so a changed number would not be noticed.
 */
export type FileState = 'verified' | 'readable' | 'damaged';

/** What is known of a file. */
export interface Verdict {
  readonly path: string;
  readonly state: FileState;
  /** What is wrong with it, or why it cannot be verified; empty where it is verified. */
  readonly why: string;
}

/**
 * Checks a model file, a checkpoint, an ensemble file, or every file in the folder of a run. Throws RunError where there is none.
 * @param foreign has the architecture of a file that holds only weights
 */
export async function verify(path: string, foreign: ForeignModel = {}): Promise<Verdict[]> {
  if (!existsSync(path)) throw new RunError(`${path}: ${missingReason(path)}`);
  if (!statSync(path).isDirectory()) return [await verifyFile(path, foreign)];
  if (!existsSync(join(path, 'events.ndjson'))) {
    throw new RunError(
      `${path}: a folder, but not of a run (no events.ndjson); expected a run or a model file`,
    );
  }
  const files = readdirSync(path, { recursive: true, encoding: 'utf8' }).sort();
  const known = files.filter((name) => /\.(safetensors|json|ndjson)$/.test(name));
  return Promise.all(known.map((name) => verifyFile(join(path, name))));
}

async function verifyFile(path: string, foreign: ForeignModel = {}): Promise<Verdict> {
  try {
    const why = path.endsWith('.ndjson') ? ofLog(path) : await ofFile(path, foreign);
    return { path, state: why === '' ? 'verified' : 'readable', why };
  } catch (cause) {
    const error = foreignError(cause, path);
    if (!(error instanceof FerError)) throw error;
    return { path, state: 'damaged', why: error.message.replace(`${path}: `, '').replace('damaged: ', '') };
  }
}

const NO_CHECKSUM = 'its format has no checksum';

/** Why the log of a run is no more than readable. Throws RunError on damage. */
function ofLog(path: string): string {
  const { damagedAfter } = readLog(path);
  if (damagedAfter !== undefined) throw new RunError(`line ${damagedAfter + 1} is not an event of a run`);
  return NO_CHECKSUM;
}

/** Why a file is no more than readable; empty where its checksum fits. Throws RunError on damage. */
async function ofFile(path: string, foreign: ForeignModel): Promise<string> {
  const bytes = contentOf(path);
  if (path.endsWith('.json')) {
    if (isEnsemble(foreignJson(Buffer.from(bytes).toString('utf8'), 'it'))) readEnsembleFile(path);
    return NO_CHECKSUM;
  }
  if (isH5(bytes) && foreign.architecture === undefined && (await holdsOnlyWeights(bytes, path))) {
    return 'it holds only weights; give --model FILE.json to compare them with their network';
  }
  if (isH5(bytes) || isZip(bytes) || isOnnx(bytes)) {
    await openNetwork(path, foreign);
    return isZip(bytes) ? '' : NO_CHECKSUM;
  }
  refuseNonModels(bytes, path);
  const { metadata, verified } = decodeSafetensors(bytes, path);
  if (metadata['format']?.includes('checkpoint') === true) loadCheckpoint(path);
  else await openModel(path);
  return verified ? '' : 'another program or an earlier version wrote it, without a checksum of ours';
}

function contentOf(path: string): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = readWhole(path);
  } catch (cause) {
    throw new RunError(`cannot be read: ${systemReason(cause)}`, { cause });
  }
  refuseOtherKinds(bytes, path);
  return bytes;
}
