/**
 * Reverse-mode differentiation in one page. It knows no GPU: a value is anything that can be added, so the tests
 * run it on plain numbers.
 *
 * Running an op on Vars writes it down on the tape together with a function that turns the gradient of its output
 * into the gradients of its inputs (the chain rule, one step). `backward` walks the tape from its end to its
 * start, so that when an op is reached, everything that used its output has already delivered its gradient.
 */
export class Var<T> {
  /** dLoss/dvalue; set by `backward`, for values that needed one. */
  grad: T | undefined;

  constructor(
    /** What the op made. */
    readonly value: T,
    /** Whether anyone wants this gradient: a weight does, an input image does not. */
    readonly needsGrad: boolean,
    /** Name in messages. */
    readonly label: string,
  ) {}
}

/** From the gradient of an output to those of the inputs, in their order; undefined where none is needed. */
export type Backward<T> = (dy: T) => readonly (T | undefined)[];

interface Entry<T> {
  readonly op: string;
  readonly inputs: readonly Var<T>[];
  readonly output: Var<T>;
  readonly backward: Backward<T> | undefined;
}

/** What a tape needs to know about its values. */
export interface Arithmetic<T> {
  /** The sum of two gradients that meet in one variable. May reuse `a`. */
  add(a: T, b: T): T;
  /** Called when the backward pass no longer needs a value or gradient that the tape made. */
  release?(value: T): void;
  /** Names what an op makes; default: the op's own name. */
  label?(op: string): string;
  /** Wraps the backward step of an op, under the label of its output. */
  around?<R>(label: string, body: () => R): R;
}

/** The record of a forward pass, from which `backward` computes gradients. */
export class Tape<T> {
  readonly #entries: Entry<T>[] = [];

  constructor(private readonly arithmetic: Arithmetic<T>) {}

  /** Writes down that `op` made `value` from `inputs`. Without `backward` the op has no gradient. */
  record(op: string, inputs: readonly Var<T>[], value: T, backward: Backward<T> | undefined): Var<T> {
    const output = new Var(
      value,
      inputs.some((input) => input.needsGrad),
      this.arithmetic.label?.(op) ?? op,
    );
    this.#entries.push({ op, inputs, output, backward });
    return output;
  }

  /** Fills `grad` of every Var that `loss` depends on and that needs one, starting from dLoss/dLoss = `seed`. */
  backward(loss: Var<T>, seed: T): void {
    const { add, release, around = (_, body) => body() } = this.arithmetic;
    loss.grad = seed;
    for (const { op, inputs, output, backward } of this.#entries.toReversed()) {
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
