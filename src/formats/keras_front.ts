import { ConfigReader } from './keras_config.js';
import { type Call, type FileGraph, nameOf, THE_IMAGES } from './keras_graph.js';
import { LEFT_OUT } from './layers/left_out.js';

/**
 * Removes layers that networks here do not need: those that do nothing in inference, and as the first layer, a `Rescaling` that
 * equals a named preprocessing, a `Resizing`, or a `CenterCrop` that resizes.
 */

/** The preprocessings that equal a `Rescaling` of pixels, x * scale + offset. */
export const RESCALED: readonly (readonly [name: string, scale: number, offset: number])[] = [
  ['scale255', 1 / 255, 0],
  ['minus1to1', 1 / 127.5, -1],
  ['none', 1, 0],
];

/** A scale below this expects pixels up to 255: the model does its own preprocessing. */
const OF_PIXELS = 0.1;

/** A graph without such layers. */
export interface WithoutFront {
  readonly graph: FileGraph;
  /** Name of the preprocessing that the file contains; `none` if a layer of the network does it. */
  readonly preprocess: string | undefined;
}

/** Removes these layers from a graph. Throws RunError for options that are not supported. */
export function withoutFront(whole: FileGraph, source: string): WithoutFront {
  const { calls, instead } = withoutIdle(whole);
  const output = whole.output && (instead.get(whole.output) ?? whole.output);
  const { graph, preprocess } = withoutRescaling(
    rescaledFirst(withoutResizing({ ...whole, calls, output }, source)),
    source,
  );
  return { graph: withoutResizing(graph, source), preprocess };
}

/** The only layer whose input is the images; undefined if there are several. */
function firstOf({ calls, inputs }: FileGraph): Call | undefined {
  const images = new Set([THE_IMAGES, ...inputs.map(nameOf)]);
  const [first, ...others] = calls.filter(({ from }) => from.some((one) => images.has(one)));
  return others.length === 0 ? first : undefined;
}

/** The graph without its first layer. */
function withoutFirst(graph: FileGraph, first: Call): FileGraph {
  const name = nameOf(first.layer);
  const [before = ''] = first.from;
  const calls = graph.calls
    .filter((call) => call !== first)
    .map(({ layer, from }) => ({ layer, from: from.map((one) => (one === name ? before : one)) }));
  return { ...graph, calls, output: graph.output === name ? before : graph.output };
}

/** Removes a `Rescaling` that equals a named preprocessing. Keeps any other. */
function withoutRescaling(graph: FileGraph, source: string): WithoutFront {
  const first = firstOf(graph);
  if (first?.layer.class_name !== 'Rescaling') return { graph, preprocess: undefined };
  const rescaling = new ConfigReader('Rescaling', first.layer.config, source);
  const preprocess = rescalingOf(rescaling);
  if (preprocess !== undefined) return { graph: withoutFirst(graph, first), preprocess };
  const scales = [rescaling.raw('scale')].flat();
  const ofPixels = scales.every((scale) => typeof scale === 'number' && Math.abs(scale) < OF_PIXELS);
  return { graph, preprocess: ofPixels ? 'none' : undefined };
}

/** Options that may contain the shape of the images. */
const SHAPES = ['batch_input_shape', 'batch_shape'];

/**
 * If a network first resizes its images, the result is a network for images of that size, to which fer-tui resizes all images
 * anyway. A `CenterCrop` to a size larger than the images also resizes them; one to a smaller size is kept.
 */
function withoutResizing(graph: FileGraph, source: string): FileGraph {
  const first = firstOf(graph);
  const kind = first?.layer.class_name;
  if (first === undefined || (kind !== 'Resizing' && kind !== 'CenterCrop')) return graph;
  const r = new ConfigReader(kind, first.layer.config, source);
  const format = r.text('data_format', ['channels_last', 'channels_first'], 'channels_last');
  const size = [r.count('height'), r.count('width')] as const;
  const { inputs, first: settings } = graph;
  const images = [...inputs.map(({ config }) => config), settings].find(
    (config) => config !== undefined && shapeIn(config) !== undefined,
  );
  const shape = images === undefined ? [] : (images[shapeIn(images) as string] as unknown[]);
  const given = format === 'channels_last' ? shape.slice(1, 3) : shape.slice(2);
  if (kind === 'CenterCrop' && crops(r, given, size)) return graph;
  if (
    kind === 'CenterCrop' ||
    ['crop_to_aspect_ratio', 'pad_to_aspect_ratio'].some((one) => r.raw(one) === true)
  )
    proportionate(r, given, size);
  const resized = (config: Call['layer']['config']): Call['layer']['config'] => {
    const known = shapeIn(config);
    if (known === undefined) return config;
    const whole = config[known] as unknown[];
    const changed =
      format === 'channels_last' ? [null, ...size, ...whole.slice(3)] : [null, whole[1], ...size];
    return { ...config, [known]: changed };
  };
  return withoutFirst(
    {
      ...graph,
      inputs: inputs.map((input) => ({ ...input, config: resized(input.config) })),
      first: settings && resized(settings),
    },
    first,
  );
}

/** The option of a layer that has the shape of the images. */
const shapeIn = (config: Call['layer']['config']): string | undefined =>
  SHAPES.find((key) => Array.isArray(config[key]));

/** Whether `CenterCrop` crops the images. Throws RunError if their size is not fixed. */
function crops(r: ConfigReader, given: readonly unknown[], size: readonly number[]): boolean {
  if (given.length === 2 && given.every((n) => typeof n === 'number'))
    return given.every((n, axis) => n >= (size[axis] as number));
  return r.refuse(
    `it crops images of any size; build the model in Keras with an input of one size (keras.Input((height, width, channels))), set the weights, and save it`,
  );
}

/** Throws RunError if resizing would crop or pad the images. Images without a fixed size are faces, which are square. */
function proportionate(
  r: ConfigReader,
  [height, width]: readonly unknown[],
  size: readonly [number, number],
): void {
  const [rows, columns] = [height ?? width, width ?? height].map((n) => Number(n ?? 1)) as [number, number];
  if (rows * size[1] === columns * size[0]) return;
  r.refuse(
    `it brings images of ${height ?? 'any'} x ${width ?? 'any'} to ${size.join(' x ')}, another proportion, and cuts or pads what is too much, which is not supported; build the model in Keras for images of ${size.join(' x ')} without this layer, set the weights, and save it`,
  );
}

/** Swaps a first `CenterCrop` and the `Rescaling` after it: the result is the same. */
function rescaledFirst(graph: FileGraph): FileGraph {
  const crop = firstOf(graph);
  if (crop?.layer.class_name !== 'CenterCrop') return graph;
  const cropName = nameOf(crop.layer);
  const [next, ...others] = graph.calls.filter(({ from }) => from.includes(cropName));
  if (next?.layer.class_name !== 'Rescaling' || others.length > 0 || graph.output === cropName) return graph;
  const name = nameOf(next.layer);
  const calls = graph.calls.map((call) => {
    if (call === crop) return { layer: next.layer, from: crop.from };
    if (call === next) return { layer: crop.layer, from: [name] };
    return { ...call, from: call.from.map((one) => (one === name ? cropName : one)) };
  });
  return { ...graph, calls, output: graph.output === name ? cropName : graph.output };
}

/** The calls without layers that do nothing in inference, and for each of these layers, the name that replaces its output. */
function withoutIdle({ calls }: FileGraph): { calls: Call[]; instead: ReadonlyMap<string, string> } {
  const instead = new Map<string, string>();
  const kept: Call[] = [];
  for (const { layer, from } of calls) {
    const sources = from.map((one) => instead.get(one) ?? one);
    if (LEFT_OUT.has(layer.class_name)) instead.set(nameOf(layer), sources[0] ?? '');
    else kept.push({ layer, from: sources });
  }
  return { calls: kept, instead };
}

/** Name of the preprocessing that equals a `Rescaling`; undefined if there is none. */
function rescalingOf(r: ConfigReader): string | undefined {
  const is = (option: string, wanted: number): boolean => {
    const values = [r.raw(option) ?? 0].flat();
    return values.every((value) => typeof value === 'number' && Math.abs(value - wanted) < 1e-6);
  };
  return RESCALED.find(([, scale, offset]) => is('scale', scale) && is('offset', offset))?.[0];
}
