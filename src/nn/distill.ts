import type { Gpu } from '../gpu/device.js';
import { ShapeError } from '../gpu/errors.js';
import { addVote, renormalize } from '../gpu/kernels/distillation.js';
import { fill } from '../gpu/kernels/elementwise.js';
import { softmaxForward } from '../gpu/kernels/softmax.js';
import type { Program } from '../gpu/program.js';
import { Recorder } from '../gpu/recorder.js';
import { formatShape } from '../gpu/shape.js';
import type { Tensor } from '../gpu/tensor.js';
import { Tape, Var } from './autograd.js';
import type { Context } from './context.js';
import type { Network } from './network.js';
import type { NamedArrays } from './parameters.js';

/** A trained network that a student learns from. Its input has the size of the student's. */
export interface Teacher {
  /** The network. */
  readonly network: Network;
  /** Its weights. */
  readonly weights: NamedArrays;
  /** Weight of its probabilities in the mean over all teachers; the shares add up to 1. */
  readonly share: number;
  /** For each class of the student, the index of the teacher's output. */
  readonly outputs: readonly number[];
  /** Turns the student's input x into the teacher's: x * scale + shift, with one shift for each pixel [H * W]. */
  readonly scale: number;
  /** See `scale`. */
  readonly shift: Float32Array;
}

/** How a student learns from teachers: see shaders/distillation.wgsl. */
export interface DistillOptions {
  /** Divides the logits of student and teachers before their softmax; above 0. */
  readonly temperature: number;
  /** Share of the cross-entropy with the labels, 0 to 1. */
  readonly hard: number;
  /** The student learns from the mean of their probabilities, weighted by their shares. */
  readonly teachers: readonly Teacher[];
}

/** A teacher on the device. */
interface Placed {
  readonly teacher: Teacher;
  readonly weights: ReadonlyMap<string, Tensor>;
  readonly outputs: Tensor;
  readonly shift: Tensor;
}

/** The teachers of a learner on its device. */
export class Distillation {
  readonly #placed: readonly Placed[];
  /** Programs that have prepared the teachers' weights, one per recorded step. They own the prepared tensors. */
  readonly #prepared: Program[] = [];

  /** Throws ShapeError for a teacher whose input is of another size than the student's. */
  constructor(
    private readonly gpu: Gpu,
    student: Network,
    readonly options: DistillOptions,
  ) {
    for (const { network } of options.teachers) {
      const [own, other] = [formatShape(student.inputShape), formatShape(network.inputShape)];
      if (own !== other)
        throw new ShapeError(network.name, 'teacher and student take the same images', own, other);
    }
    const [height = 1, width = 1] = student.inputShape;
    this.#placed = options.teachers.map((teacher) => ({
      teacher,
      weights: new Map(
        [...teacher.weights].map(([name, { data, shape }]) => [
          name,
          gpu.tensor(data, shape, `teacher/${name}`),
        ]),
      ),
      outputs: gpu.tensor(Uint32Array.from(teacher.outputs), [teacher.outputs.length], 'teacher outputs'),
      shift: gpu.tensor(teacher.shift, [height, width], 'teacher shift'),
    }));
  }

  /**
   * Records the teachers' forward passes on a batch, in inference mode. Work that depends on their weights alone runs now, once.
   * @param images the student's input [B, H, W, C] @param stepState for the context; no layer reads it in inference
   * @returns the weighted mean of the teachers' probabilities [B, classes]
   */
  async record(rec: Recorder, images: Tensor, stepState: Tensor): Promise<Tensor> {
    const { gpu } = this;
    const prepare = new Recorder(gpu);
    let votes: Tensor | undefined;
    try {
      for (const placed of this.#placed) {
        const { teacher, outputs, shift } = placed;
        const own = renormalize(rec, images, shift, teacher.scale);
        const probabilities = softmaxed(rec, prepare, placed, own, stepState);
        if (votes === undefined) {
          votes = rec.alloc([images.shape[0] ?? 1, teacher.outputs.length], 'votes');
          fill(rec, votes, 0);
        }
        addVote(rec, probabilities, outputs, votes, teacher.share);
        rec.release(probabilities);
      }
      const program = await prepare.finish();
      this.#prepared.push(program);
      await program.compile();
      program.run();
    } catch (error) {
      prepare.abandon();
      throw error;
    }
    if (votes === undefined) throw new RangeError('distillation without a teacher');
    return votes;
  }

  /** Frees all device memory. */
  dispose(): void {
    for (const program of this.#prepared) program.dispose();
    for (const { weights, outputs, shift } of this.#placed) {
      for (const tensor of [...weights.values(), outputs, shift]) this.gpu.free(tensor);
    }
  }
}

/** The probabilities of one teacher [B, C]. Releases its intermediate values, so that the student's step can reuse their memory. */
function softmaxed(
  rec: Recorder,
  prepare: Recorder,
  { teacher, weights }: Placed,
  images: Tensor,
  stepState: Tensor,
): Tensor {
  const tape = new Tape<Tensor>({
    add: () => {
      throw new Error('a teacher has no gradient');
    },
    release: (tensor) => rec.release(tensor),
    label: (op) => rec.currentScope || op,
  });
  const vars = new Map([...weights].map(([name, tensor]) => [name, new Var(tensor, false, name)]));
  const ctx: Context = {
    ...{ rec, prepare, tape, training: false, deferredNorms: new Map(), stepState, format: 'f32' },
    observe: undefined,
    weight: (name) => {
      const value = vars.get(name);
      if (value === undefined) throw new ShapeError(teacher.network.name, 'weights', name, 'nothing');
      return value;
    },
  };
  const logits = teacher.network.call(ctx, new Var(images, false, 'images'));
  const probabilities = softmaxForward(rec, logits.value);
  // Nothing needs a gradient, so this only releases every value.
  tape.backward(logits, logits.value);
  rec.release(images);
  return probabilities;
}
