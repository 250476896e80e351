import type { Extent } from '../gpu/shape.js';
import type { Initializer } from '../nn/init.js';
import { ACTIVATION_NAMES, type ActivationName } from '../nn/ops/activation.js';
import { RunError } from '../util/errors.js';
import { adviceFor } from './advice.js';

/** A serialized object in Keras's JSON: a layer, an initialiser, an activation. */
export interface KerasObject {
  readonly class_name: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** Whether a value is a serialized object. */
export function isKerasObject(value: unknown): value is KerasObject {
  return typeof (value as KerasObject | null)?.class_name === 'string';
}

/** Replaces tuples by plain lists: some versions of Keras write `{ class_name: '__tuple__', items }`. */
export function withPlainLists(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withPlainLists);
  if (value === null || typeof value !== 'object') return value;
  const { class_name: kind, items } = value as { class_name?: unknown; items?: unknown };
  if (kind === '__tuple__' || kind === 'TensorShape') return withPlainLists(items);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withPlainLists(inner)]));
}

/** Options that matter only in training, not for what a trained layer computes. */
const TRAINING_ONLY =
  /(_initializer|_regularizer|_constraint)$|^(seed|synchronized|fused|renorm_momentum|renorm_clipping|lora_rank|lora_alpha)$/;

/** Data types of layers that are read. Here all of them are computed in float32. */
const DTYPES = /^(float32|float16|bfloat16|float64|mixed_float16|mixed_bfloat16)$/;

/** The largest size of a layer. A larger one would not fit into memory, and is a sign of a damaged file. */
const MOST = 65_536;

/** An activation that becomes two layers: see `Activation` in src/formats/layers/activations.ts. */
export const HARD_SIGMOID = 'hard_sigmoid';

/** Reads the options of one layer. It records which options were read, so that `finish` can refuse unknown ones. */
export class ConfigReader {
  readonly name: string;
  readonly #seen = new Set(['name', 'batch_input_shape', 'batch_shape']);

  constructor(
    readonly kind: string,
    private readonly config: Readonly<Record<string, unknown>>,
    private readonly source: string,
    /** Major version of Keras that wrote the file; the meaning of some activations differs between versions. */
    readonly keras = 2,
  ) {
    this.name = String(config['name'] ?? kind);
  }

  /** Refuses the layer. @param why completes "FILE: layer NAME: ...". Throws RunError. */
  refuse(why: string): never {
    throw new RunError(`${this.where}: ${why}`);
  }

  /** @param supported what is supported instead, as the end of the message. Throws RunError. */
  fail(option: string, supported: string): never {
    return this.refuse(`${option} = ${JSON.stringify(this.config[option])} is not supported; ${supported}`);
  }

  /** Refuses the layer because of its class. Throws RunError. */
  failClass(): never {
    return this.refuse(
      `this class of layer is not supported (docs/keras.md lists those that are); ${adviceFor(this.kind)}`,
    );
  }

  /** The beginning of messages: file, layer and class. */
  get where(): string {
    return `${this.source}: layer "${this.name}" (${this.kind})`;
  }

  raw(option: string): unknown {
    this.#seen.add(option);
    return this.config[option];
  }

  /** Reads a number of 32 bits, which some versions of Keras wrote as a list of one. */
  number(option: string, otherwise?: number): number {
    const raw = this.raw(option) ?? otherwise;
    const value: unknown = Array.isArray(raw) && raw.length === 1 ? raw[0] : raw;
    const fits = typeof value === 'number' && Number.isFinite(Math.fround(value));
    return fits ? value : this.fail(option, 'expected a number of 32 bits');
  }

  /** Reads a size: units, filters. */
  count(option: string, otherwise?: number): number {
    const value = this.number(option, otherwise);
    const fits = Number.isInteger(value) && value >= 1 && value <= MOST;
    return fits ? value : this.fail(option, `expected a whole number in [1, ${MOST}]`);
  }

  /** Reads a number in [from, to). */
  within(option: string, [from, to]: readonly [number, number], otherwise?: number): number {
    const value = this.number(option, otherwise);
    return value >= from && value < to ? value : this.fail(option, `expected a number in [${from}, ${to})`);
  }

  text<T extends string>(option: string, choices: readonly T[], otherwise?: T): T {
    const value = this.raw(option) ?? otherwise;
    return choices.find((choice) => choice === value) ?? this.fail(option, `only ${choices.join(', ')}`);
  }

  boolean(option: string, otherwise: boolean): boolean {
    const value = this.raw(option) ?? otherwise;
    return typeof value === 'boolean' ? value : this.fail(option, 'expected true or false');
  }

  /** Reads a pair of height and width. */
  extent(option: string, otherwise?: Extent): Extent {
    const value = this.raw(option) ?? otherwise;
    const whole = (n: unknown): boolean => Number.isInteger(n) && (n as number) > 0 && (n as number) <= MOST;
    const list = Array.isArray(value) ? value : [value, value];
    if (list.length !== 2 || !list.every(whole)) this.fail(option, 'expected one or two whole numbers');
    return list as [number, number];
  }

  /** Checks an option that must have one of the supported values, or be missing. */
  must(option: string, ...allowed: readonly unknown[]): void {
    const value = this.raw(option);
    if (value === undefined || value === null) return;
    const text = JSON.stringify(value);
    if (!allowed.some((one) => JSON.stringify(one) === text)) {
      const known = allowed.map((one) => JSON.stringify(one));
      this.fail(option, known.length > 0 ? `only ${known.join(', ')}` : 'leave it out');
    }
  }

  /** Reads an activation: its name, or the layer that is given instead. */
  activation(option = 'activation'): ActivationName | KerasObject {
    const value = this.raw(option) ?? 'linear';
    const name = isKerasObject(value) && typeof value.config === 'string' ? value.config : value;
    if (isKerasObject(name)) return name;
    if (name === HARD_SIGMOID)
      return { class_name: 'Activation', config: { name: this.name, activation: name } };
    return (
      ACTIVATION_NAMES.find((known) => known === name) ??
      this.fail(option, `only ${ACTIVATION_NAMES.join(', ')}`)
    );
  }

  /**
   * Reads an initialiser. Returns Keras's default for an unsupported one, because initialisers do not matter for trained layers.
   */
  initializer(option: string): Initializer {
    const value = this.raw(option);
    const { class_name: kind = value, config } = (isKerasObject(value) ? value : {}) as Partial<KerasObject>;
    if (kind === 'HeNormal' || kind === 'he_normal') return 'he_normal';
    const { scale, mode } = config ?? {};
    return kind === 'VarianceScaling' && scale === 2 && mode === 'fan_in' ? 'he_normal' : 'glorot_uniform';
  }

  /** Reads whether the layer is trainable. */
  get trainable(): boolean {
    return this.boolean('trainable', true);
  }

  /** Throws RunError if an option was not read and has a value that matters. */
  finish(): void {
    const dtype = this.raw('dtype') ?? 'float32';
    const policy = isKerasObject(dtype) ? dtype.config['name'] : dtype;
    if (!DTYPES.test(String(policy))) this.fail('dtype', 'only floats of 16, 32 and 64 bits');
    for (const [option, value] of Object.entries(this.config)) {
      const looked = this.#seen.has(option) || TRAINING_ONLY.test(option);
      if (!looked && value !== null && value !== undefined) this.fail(option, 'it is unknown here');
    }
  }
}
