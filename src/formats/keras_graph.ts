import { RunError } from '../util/errors.js';
import { ONNX_ROAD } from './advice.js';
import { scalingOf, stepsOf } from './keras_arithmetic.js';
import { isKerasObject, type KerasObject } from './keras_config.js';
import { LEFT_OUT } from './layers/left_out.js';
import { READ_AS } from './layers/read_as.js';

/**
 * The graph of a model in Keras's JSON: every layer once, in the order of the file, with the names of its inputs. A nested model
 * is replaced by its layers, whose names get the prefix "MODEL_".
 */
export interface FileGraph {
  readonly name: string;
  readonly inputs: readonly KerasLayer[];
  readonly calls: readonly Call[];
  /** Settings of the first layer, which may contain the shape of the images. */
  readonly first: KerasObject['config'] | undefined;
  /** Name of the layer whose output is the model's. */
  readonly output: string | undefined;
  /** How the file groups the weights of the layers. */
  readonly parts: readonly FilePart[];
}

/** A layer of a file. */
export interface KerasLayer extends KerasObject {
  readonly name?: string;
  readonly inbound_nodes?: readonly unknown[];
}

/** A layer with its inputs. */
export interface Call {
  /** Its `config.name` is unique in the graph. */
  readonly layer: KerasObject;
  /** Names of the inputs: layers, model inputs or THE_IMAGES. Empty for a model input. */
  readonly from: readonly string[];
}

/** The name of the input of a Sequential model. */
export const THE_IMAGES = '';

/** A layer, or a nested model with its layers: the units in which files store weights. */
export interface FilePart {
  /** Class name in the file. */
  readonly kind: string;
  /** Name in the graph. */
  readonly name: string;
  /** The parts of a nested model. */
  readonly parts?: readonly FilePart[];
}

/** The settings of a model. */
export interface ModelBody {
  readonly name?: string;
  readonly layers?: readonly KerasLayer[];
  readonly build_input_shape?: unknown;
  readonly input_layers?: unknown;
  readonly output_layers?: unknown;
}

export const isModel = (kind: unknown): boolean =>
  kind === 'Sequential' || kind === 'Functional' || kind === 'Model';

/**
 * Reads a graph. @param source names the file in messages. Throws RunError if a layer is used more than once, or for anything
 * else that is not supported.
 */
export function readGraph(kind: string, config: unknown, source: string): FileGraph {
  const reading = new Reading(source);
  const body = bodyOf(config, source);
  const { output, parts } = reading.model(kind, body, '', undefined);
  const { inputs, calls } = reading;
  return { name: body.name ?? 'model', inputs, calls, first: calls[0]?.layer.config, output, parts };
}

/**
 * The settings of a model; old versions of Keras wrote just the list of layers. Throws RunError if it is not a list of layers.
 */
export function bodyOf(config: unknown, source: string): ModelBody {
  const body = (Array.isArray(config) ? { layers: config } : (config ?? {})) as ModelBody;
  const layers: unknown = body.layers ?? [];
  if (!Array.isArray(layers)) throw new RunError(`${source}: damaged: its layers are no list`);
  const bad = layers.findIndex(
    (layer) => !isKerasObject(layer) || typeof layer.config !== 'object' || layer.config === null,
  );
  if (bad >= 0) throw new RunError(`${source}: damaged: its layer ${bad} has no class or no settings`);
  return body;
}

export const nameOf = ({ name, config, class_name: kind }: KerasLayer): string =>
  String(config['name'] ?? name ?? kind);

/** The result of adding a model to the graph. */
interface Placed {
  readonly output: string | undefined;
  readonly parts: readonly FilePart[];
}

class Reading {
  readonly calls: Call[] = [];
  /** The inputs of the outermost model. */
  readonly inputs: KerasLayer[] = [];

  constructor(private readonly source: string) {}

  /**
   * Adds the layers of a model.
   * @param prefix prefix of the names of its layers @param given inputs of a nested model; undefined for the outermost model
   */
  model(kind: string, body: ModelBody, prefix: string, given: readonly string[] | undefined): Placed {
    return kind === 'Sequential' ? this.#chain(body, prefix, given) : this.#branched(body, prefix, given);
  }

  #chain({ layers = [] }: ModelBody, prefix: string, given: readonly string[] | undefined): Placed {
    const parts: FilePart[] = [];
    let output: string | undefined;
    const outer = given ?? [THE_IMAGES];
    for (const layer of layers) {
      if (layer.class_name === 'InputLayer') {
        if (given === undefined) this.#input(layer);
        continue;
      }
      const from: readonly string[] = output === undefined ? outer : [output];
      const placed = this.#layer({ ...layer.config, name: nameOf(layer) }, layer.class_name, prefix, from);
      parts.push(placed.part);
      output = placed.output;
    }
    return { output: output ?? given?.[0], parts };
  }

  #branched(
    { layers = [], ...ends }: ModelBody,
    prefix: string,
    given: readonly string[] | undefined,
  ): Placed {
    const outer = given === undefined;
    const what = outer ? this.source : `${this.source}: the model "${prefix.slice(0, -1)}" in it`;
    const inner = layers.filter(({ class_name: kind }) => kind === 'InputLayer');
    if (!outer && (inner.length !== 1 || given.length !== 1)) {
      throw new RunError(`${what} has ${inner.length} inputs; only models with one are supported there`);
    }
    const [output, ...more] = endsOf(ends.output_layers);
    if (output === undefined || more.length > 0) {
      throw new RunError(
        `${outer ? `${what}: the model` : what} has ${more.length + 1} outputs; only models with one are supported; save that of the classes as a model (keras.Model(model.input, model.outputs[0]))`,
      );
    }
    const parts: FilePart[] = [];
    /**
     * By name of a layer in this model: its name in the graph, and the call numbers that refer to it. A nested model counts its
     * calls from 1.
     */
    const outputs = new Map<string, { readonly name: string; readonly nodes: readonly number[] }>();
    for (const layer of layers) {
      const own = nameOf(layer);
      if (layer.class_name === 'InputLayer') {
        if (outer) this.#input(layer);
        outputs.set(own, { name: outer ? own : (given[0] as string), nodes: [0] });
        continue;
      }
      const where = `${this.source}: layer "${prefix}${own}" (${layer.class_name})`;
      const calls = layer.inbound_nodes ?? [];
      if (calls.length !== 1) {
        throw new RunError(
          `${where}: it is used ${calls.length} times; only layers that are used once are supported; ${ONNX_ROAD}`,
        );
      }
      if (outer && layer.class_name === 'Average' && own === output.layer) {
        throw new RunError(
          `${where}: it averages the outputs of several models; save each in a separate file, and give all of them to --weights`,
        );
      }
      const from = callOf(calls[0], layer.class_name, where).map(({ layer: name, node }) => {
        const found = outputs.get(name);
        if (found?.nodes.includes(node) !== true) {
          throw new RunError(`${where}: its input, call ${node} of "${name}", does not come before it`);
        }
        return found.name;
      });
      const scaling = scalingOf(layer.class_name, calls[0]);
      const placed =
        scaling === undefined
          ? this.#layer({ ...layer.config, name: own }, layer.class_name, prefix, from)
          : this.#layer({ ...scaling, name: own }, 'Rescaling', prefix, from);
      parts.push(placed.part);
      outputs.set(own, { name: placed.output, nodes: isModel(layer.class_name) ? [0, 1] : [0] });
    }
    return { output: outputs.get(output.layer)?.name ?? output.layer, parts };
  }

  #input(layer: KerasLayer): void {
    this.inputs.push(layer);
    this.calls.push({ layer, from: [] });
  }

  /** Adds a layer, or the layers of a model. */
  #layer(
    config: Readonly<Record<string, unknown>>,
    kind: string,
    prefix: string,
    from: readonly string[],
  ): { readonly part: FilePart; readonly output: string } {
    const name = `${prefix}${config['name']}`;
    if (!isModel(kind)) {
      const steps = stepsOf(kind, { ...config, name }, from);
      this.calls.push(...steps);
      return { part: { kind, name }, output: nameOf((steps.at(-1) as Call).layer) };
    }
    const { output, parts } = this.model(kind, bodyOf(config, this.source), `${name}_`, from);
    if (output === undefined) throw new RunError(`${this.source}: the model "${name}" in it has no layers`);
    return { part: { kind, name, parts }, output };
  }
}

/** An input: the output of call `node` of a layer. */
interface Ref {
  readonly layer: string;
  readonly node: number;
}

/** Parses `[name, node, tensor]`, or a list of these. */
function refsOf(value: unknown): Ref[] {
  if (!Array.isArray(value)) return [];
  const [layer, node] = value as unknown[];
  return typeof layer === 'string' ? [{ layer, node: Number(node) }] : value.flatMap(refsOf);
}

/**
 * Parses the inputs or outputs of a model. Keras 3 keeps the names that the model gave to its outputs: `{ emotion: [name, node,
 * tensor] }`.
 */
export function endsOf(value: unknown): Ref[] {
  const named = typeof value === 'object' && value !== null && !Array.isArray(value);
  return refsOf(named ? Object.values(value) : value);
}

/** Parses the inputs of a layer: nested lists with arguments in fourth place (Keras 2), or `args` and `kwargs` (Keras 3). */
function callOf(call: unknown, kind: string, where: string): Ref[] {
  const lists = Array.isArray(call) ? (Array.isArray(call[0]) ? (call as unknown[][]) : [call]) : [];
  const { args = [], kwargs = {} } = (Array.isArray(call) ? {} : call) as {
    args?: unknown[];
    kwargs?: object;
  };
  const options = [kwargs, ...lists.map((list) => (list[3] ?? {}) as object)].flatMap((o) =>
    Object.entries(o),
  );
  // Keras 3 writes `training = false` for every dropout of a functional model, and true for augmentation, resizing and cropping.
  // Both training and inference override this argument.
  const flag = options.find(
    ([name, value]) =>
      value !== null &&
      value !== undefined &&
      !(name === 'training' && (value === false || Object.hasOwn(READ_AS, kind) || LEFT_OUT.has(kind))),
  );
  if (flag !== undefined) {
    throw new RunError(
      `${where}: it is called with ${flag[0]} = ${JSON.stringify(flag[1])}; only plain calls are supported`,
    );
  }
  const number = args.find((value) => typeof value === 'number');
  if (number !== undefined && scalingOf(kind, call) === undefined) {
    throw new RunError(
      `${where}: it calculates with the number ${number}, which is supported only in +, -, * and /; ${ONNX_ROAD}`,
    );
  }
  return [...refsOf(lists), ...tensorsOf(args)];
}

/** Parses the tensors among the arguments of a call, as Keras 3 writes them. */
function tensorsOf(value: unknown): Ref[] {
  if (Array.isArray(value)) return value.flatMap(tensorsOf);
  if (!isKerasObject(value) || value.class_name !== '__keras_tensor__') return [];
  return refsOf(value.config['keras_history']);
}
