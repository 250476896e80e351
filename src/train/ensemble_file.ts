import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { PREPROCESS, type PreprocessName } from '../data/preprocess.js';
import { refuseOtherKinds } from '../formats/other_kinds.js';
import { atomicWrite } from '../util/atomic_write.js';
import { RunError } from '../util/errors.js';
import { foreignYaml } from '../util/foreign_yaml.js';
import { readWhole } from '../util/read_whole.js';
import { systemReason } from '../util/system_reason.js';

const FORMAT = 'fer-tui ensemble 1';

/** One network of an ensemble file. */
export interface FileMember {
  /** A model file, relative to the ensemble file, or what `--weights` takes besides. */
  readonly weights: string;
  /** Its share of the vote, 0 or more; shares are divided by their sum. */
  readonly share: number;
  /** What the model file does not say: see `ForeignModel`. */
  readonly model?: string | undefined;
  readonly preprocess?: PreprocessName | undefined;
  readonly classes?: readonly string[] | undefined;
}

/** An ensemble as a file names it, in JSON or YAML. */
export interface EnsembleFile {
  readonly members: readonly FileMember[];
  /** By which the logarithms of the mixed probabilities are divided. */
  readonly temperature: number;
  /** How shares and temperature were found, for people. */
  readonly fitted?: Readonly<Record<string, unknown>> | undefined;
}

/** Whether a path names an ensemble file rather than a model file. */
export function isEnsembleFile(path: string): boolean {
  return /\.(json|ya?ml)$/i.test(path);
}

/** Whether the content of a JSON or YAML file is an ensemble. */
export const isEnsemble = (content: unknown): boolean => asRecord(content)?.['format'] === FORMAT;

/** Reads an ensemble file. Throws RunError that says which entry is wrong. */
export function readEnsembleFile(path: string): EnsembleFile {
  let value: unknown;
  try {
    const bytes = readWhole(path);
    refuseOtherKinds(bytes, path);
    value = foreignYaml(bytes.toString('utf8'));
  } catch (cause) {
    if (cause instanceof RunError) throw cause;
    throw new RunError(`ensemble ${path}: it cannot be read (${systemReason(cause)})`, { cause });
  }
  const fail = (why: string): never => {
    throw new RunError(`ensemble ${path}: ${why}; "fer-tui ensemble A B --data ... --out FILE" writes one`);
  };
  if (typeof asRecord(value)?.['class_name'] === 'string') {
    throw new RunError(
      `${path}: the architecture of a network, without weights; give the file with its weights, and this one as --model`,
    );
  }
  const { format, members, temperature = 1, fitted } = asRecord(value) ?? fail('not an ensemble');
  if (format === undefined) return fail('not an ensemble');
  if (format !== FORMAT) return fail(`its format is ${JSON.stringify(format)}; expected "${FORMAT}"`);
  if (!Array.isArray(members) || members.length === 0) return fail('members: expected a list of networks');
  if (!isPositive(temperature)) return fail('temperature: expected a number above 0');
  const read = members.map((member: unknown, i) => memberOf(member, `member ${i + 1}`, dirname(path), fail));
  if (!(read.reduce((sum, { share }) => sum + share, 0) > 0)) return fail('all shares are 0');
  return { members: read, temperature, fitted: asRecord(fitted) };
}

function memberOf(value: unknown, which: string, folder: string, fail: (why: string) => never): FileMember {
  const {
    weights,
    share = 1,
    model,
    preprocess,
    classes,
  } = asRecord(value) ?? fail(`${which}: not an object`);
  if (typeof weights !== 'string') return fail(`${which}: weights: expected the path of a model file`);
  if (!(share === 0 || isPositive(share))) return fail(`${which}: share: expected a number, 0 or more`);
  const known = PREPROCESS.find((name) => name === preprocess);
  if (preprocess !== undefined && known === undefined)
    return fail(`${which}: preprocess: expected ${PREPROCESS.join(', ')}`);
  const named = Array.isArray(classes) && classes.every((name) => typeof name === 'string');
  if (classes !== undefined && !named) return fail(`${which}: classes: expected a list of names`);
  if (model !== undefined && typeof model !== 'string') return fail(`${which}: model: expected a path`);
  const beside = (file: string): string => (existsSync(join(folder, file)) ? join(folder, file) : file);
  return {
    ...{ weights: beside(weights), share, preprocess: known },
    model: model === undefined ? undefined : beside(model),
    classes: named ? (classes as string[]) : undefined,
  };
}

/** A path as an ensemble file at `out` names it: relative to that file. Names of shipped networks and runs stay. */
export function fromEnsemble(out: string, path: string): string {
  return existsSync(path) ? relative(dirname(resolve(out)), resolve(path)) || '.' : path;
}

/** Writes an ensemble file as JSON, atomically. Throws RunError. */
export function writeEnsembleFile(path: string, file: EnsembleFile): void {
  atomicWrite(path, `${JSON.stringify({ format: FORMAT, ...file }, null, 2)}\n`);
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

const isPositive = (value: unknown): value is number =>
  typeof value === 'number' && value > 0 && value < Number.POSITIVE_INFINITY;
