import type { KerasObject } from './keras_config.js';

/**
 * Arithmetic of Keras that is replaced by layers: `Average`, `hard_silu`, and the operators that Keras 3 writes for x / 127.5 or
 * x + 3 in the code of a model.
 */

/** The options of a `Rescaling`: scale * x + offset. */
interface Scaling {
  readonly scale: number;
  readonly offset: number;
}

/**
 * For each operator: the scaling of tensor and number, and of number and tensor; undefined if a `Rescaling` cannot compute it.
 */
const OPERATORS: Readonly<Record<string, (n: number, numberFirst: boolean) => Scaling | undefined>> = {
  Add: (n) => ({ scale: 1, offset: n }),
  Subtract: (n, numberFirst) => (numberFirst ? { scale: -1, offset: n } : { scale: 1, offset: -n }),
  Multiply: (n) => ({ scale: n, offset: 0 }),
  TrueDivide: (n, numberFirst) => (numberFirst || n === 0 ? undefined : { scale: 1 / n, offset: 0 }),
  Divide: (n, numberFirst) => (numberFirst || n === 0 ? undefined : { scale: 1 / n, offset: 0 }),
};

/** Converts an operator call with a number, as Keras 3 writes it, to the options of a `Rescaling`. */
export function scalingOf(kind: string, call: unknown): Scaling | undefined {
  const { args } = (call ?? {}) as { args?: unknown };
  if (!Array.isArray(args) || args.length !== 2 || !Object.hasOwn(OPERATORS, kind)) return undefined;
  const numbers = args.filter((value): value is number => typeof value === 'number');
  const [n] = numbers;
  return n === undefined || numbers.length > 1 ? undefined : OPERATORS[kind]?.(n, args[0] === n);
}

/** A layer with the names of its inputs. */
interface Step {
  readonly layer: KerasObject;
  readonly from: readonly string[];
}

const step = (kind: string, config: KerasObject['config'], ...from: readonly string[]): Step => ({
  layer: { class_name: kind, config },
  from,
});

const HARD_SILU = ['hard_silu', 'hard_swish'];

/**
 * Replaces a layer by layers that compute the same; the last one has the output. `Average` is a sum times a number, and
 * `hard_silu(x)` is x * clip(x / 6 + 0.5, 0, 1). The layer that has the weights keeps its name.
 */
export function stepsOf(
  kind: string,
  config: KerasObject['config'],
  from: readonly string[],
): readonly Step[] {
  const name = String(config['name']);
  if (kind === 'Average') {
    const sum = `${name}_sum`;
    return [
      step('Add', { ...config, name: sum }, ...from),
      step('Rescaling', { name, scale: 1 / from.length }, sum),
    ];
  }
  if (!HARD_SILU.includes(config['activation'] as string)) return [step(kind, config, ...from)];
  const [slope, clip] = [`${name}_slope`, `${name}_clip`];
  return [
    step(kind, { ...config, activation: 'linear' }, ...from),
    step('Rescaling', { name: slope, scale: 1 / 6, offset: 0.5 }, name),
    step('ReLU', { name: clip, max_value: 1 }, slope),
    step('Multiply', { name: `${name}_activation` }, name, clip),
  ];
}
