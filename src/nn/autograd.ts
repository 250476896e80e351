/**
 * Reverse-mode differentiation in one page. It does not depend on the GPU: a value is anything that can be added, so the
 * tests run it on plain numbers.
 *
 * Running an op on Vars records it on the tape, with a function from the gradient of its output to the gradients of its
 * inputs (one application of the chain rule). `backward` walks the tape from end to start. So when it reaches an op, all
 * users of the op's output have already contributed their gradients.
 */
export class Var<T> {
  /** dLoss/dvalue. Set by `backward` for values with `needsGrad`. */
  grad: T | undefined;

  constructor(
    /** The value itself. */
    readonly value: T,
    /** Whether the gradient is needed: true for weights and all that depends on them, false for input images. */
    readonly needsGrad: boolean,
    /** Name in messages. */
    readonly label: string,
  ) {}
}

/** Computes the gradients of the inputs, in order, from that of the output. Undefined where none is needed. */
export type Backward<T> = (dy: T) => readonly (T | undefined)[];

interface Entry<T> {
  readonly op: string;
  readonly inputs: readonly Var<T>[];
  readonly output: Var<T>;
  readonly backward: Backward<T> | undefined;
}

/** Operations on the values of a tape. */
export interface Arithmetic<T> {
  /** The sum of two gradients of one variable. May reuse `a`. */
  add(a: T, b: T): T;
  /** Called when the backward pass no longer needs a recorded value or a gradient. */
  release?(value: T): void;
  /** The label of an op's output; default: the op's name. */
  label?(op: string): string;
  /** Wraps the backward function of an op. `label` is that of its output. */
  around?<R>(label: string, body: () => R): R;
}

/** The record of a forward pass, from which `backward` computes gradients. */
export class Tape<T> {
  readonly #entries: Entry<T>[] = [];

  constructor(private readonly arithmetic: Arithmetic<T>) {}

  /** Records that `op` computed `value` from `inputs`. Without `backward` the op has no gradient. */
  record(op: string, inputs: readonly Var<T>[], value: T, backward: Backward<T> | undefined): Var<T> {
    const output = new Var(
      value,
      inputs.some((input) => input.needsGrad),
      this.arithmetic.label?.(op) ?? op,
    );
    this.#entries.push({ op, inputs, output, backward });
    return output;
  }

  /**
   * Sets `grad` of every Var with `needsGrad` that `loss` depends on, starting from dLoss/dLoss = `seed`. Throws Error at
   * an op without a gradient.
   * @param until the walk ends at the op that computed this Var, whose gradient is then complete
   */
  backward(loss: Var<T>, seed: T, until?: Var<T>): void {
    const { add, release, around = (_, body) => body() } = this.arithmetic;
    loss.grad = seed;
    for (const { op, inputs, output, backward } of this.#entries.toReversed()) {
      if (output === until) return;
      const dy = output.grad;
      if (dy !== undefined && output.needsGrad) {
        if (backward === undefined) throw new Error(`${op} (${output.label}) has no gradient`);
        const grads = around(output.label, () => backward(dy));
        inputs.forEach((input, i) => {
          const grad = grads[i];
          if (grad === undefined || !input.needsGrad) return;
          input.grad = input.grad === undefined ? grad : add(input.grad, grad);
        });
        release?.(dy);
      }
      release?.(output.value);
    }
  }
}
