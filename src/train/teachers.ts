import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { listOf } from '../data/class_names.js';
import { affineOf, type Preprocess, samePreprocess } from '../data/preprocess.js';
import type { DistillOptions, Teacher } from '../nn/distill.js';
import { DISTILL_DEFAULTS } from '../nn/learning_defaults.js';
import type { Network } from '../nn/network.js';
import { sameClass } from '../util/classes.js';
import { RunError, UsageError } from '../util/errors.js';
import { foreignJson } from '../util/foreign.js';
import { readText, readWhole } from '../util/read_whole.js';
import type { TrainConfig } from './config.js';
import { type Member, openEnsemble } from './ensemble.js';
import type { RunFolder } from './run_folder.js';
import { requireFit } from './weights.js';

/** The teachers of a run, and what identifies them. */
export interface Teachers {
  readonly distill: DistillOptions;
  /** What a run's folder keeps in teacher.json. */
  readonly record: readonly TeacherRecord[];
}

interface TeacherRecord {
  readonly weights: string;
  readonly share: number;
  readonly sha256: string;
}

/**
 * Opens the teachers of a training.
 * @param student the network that learns @param preprocess of its images @param classes of its outputs
 * Throws RunError for files that cannot be read, UsageError for a teacher that does not suit the student.
 */
export async function openTeachers(
  {
    teacher,
    temperature = DISTILL_DEFAULTS.temperature,
    distillMix: hard = DISTILL_DEFAULTS.hard,
  }: TrainConfig,
  student: Network,
  preprocess: Preprocess,
  classes: readonly string[],
): Promise<Teachers | undefined> {
  if (teacher === undefined) return undefined;
  const { members } = await openEnsemble(teacher.split(',').map((name) => name.trim()));
  return {
    distill: {
      ...{ temperature, hard },
      teachers: members.map((member) => teacherOf(member, student, preprocess, classes)),
    },
    record: members.map(({ path, share }) => ({
      ...{ weights: path, share },
      sha256: createHash('sha256').update(readWhole(path)).digest('hex'),
    })),
  };
}

function teacherOf(
  { saved, path, share }: Member,
  { inputShape }: Network,
  preprocess: Preprocess,
  classes: readonly string[],
): Teacher {
  requireFit(saved, path);
  const { network, weights } = saved;
  if (network.inputShape.join() !== inputShape.join()) {
    throw new UsageError(
      `teacher ${path}: its input is ${network.inputShape.join(' x ')}; expected ${inputShape.join(' x ')}, that of the network to train`,
    );
  }
  const outputs = classes.map((name) => saved.classes.findIndex((own) => sameClass(own, name)));
  if (outputs.includes(-1) || saved.classes.length !== classes.length) {
    throw new UsageError(
      `teacher ${path}: it knows the classes ${listOf(saved.classes)}; expected those of the data, ${listOf(classes)}`,
    );
  }
  const [height = 1, width = 1] = inputShape;
  const pixels = height * width;
  if (samePreprocess(preprocess, saved.preprocess)) {
    return { network, weights, share, outputs, scale: 1, shift: new Float32Array(pixels) };
  }
  // x is (pixel - mean) / divisor, for the student and for the teacher.
  const [own, other] = [affineOf(preprocess, pixels), affineOf(saved.preprocess, pixels)];
  if ([own, other].some(({ divisors, eachImage }) => divisors !== undefined || eachImage === true)) {
    throw new UsageError(
      `teacher ${path}: its preprocessing is ${saved.preprocess.name}, that of the network to train ${preprocess.name}; with standardize or standardize-image both need the same, from the same training images`,
    );
  }
  const shift = Float32Array.from(
    { length: pixels },
    (_, i) => ((own.mean?.[i] ?? 0) - (other.mean?.[i] ?? 0)) / other.divisor,
  );
  return { network, weights, share, outputs, scale: own.divisor / other.divisor, shift };
}

/** Records the teachers of a new run. Throws RunError if those of a resumed run are not the ones that it began with. */
export function recordTeachers(folder: RunFolder, record: Teachers['record']): void {
  if (!existsSync(folder.teacher)) {
    folder.writeJson('teacher', record);
    return;
  }
  const read = foreignJson(readText(folder.teacher), `${folder.teacher}: damaged: it`);
  const before = (Array.isArray(read) ? read : []) as Partial<Teachers['record'][number]>[];
  const changed = record.find(
    ({ sha256, share }, i) => sha256 !== before[i]?.sha256 || share !== before[i]?.share,
  );
  if (changed === undefined && before.length === record.length) return;
  throw new RunError(
    `teacher ${changed?.weights ?? record[0]?.weights}: it is not the one that the run began with (${folder.teacher}); restore that file, or begin a new run`,
  );
}
