import { ConfigReader } from './keras_config.js';
import { type Call, type FileGraph, nameOf, THE_IMAGES } from './keras_graph.js';
import { LEFT_OUT } from './layers/left_out.js';

/**
 * Layers of files that become no layer of a network: those that do nothing in inference, a `Rescaling` in front that is a
 * preprocessing with a name, and a `Resizing` in front; `CenterCrop` in front where that resizes.
 */

/** Pixels to inputs, x * scale + offset, by the name of the preprocessing that is the same. */
export const RESCALED: readonly (readonly [name: string, scale: number, offset: number])[] = [
  ['scale255', 1 / 255, 0],
  ['minus1to1', 1 / 127.5, -1],
  ['none', 1, 0],
];

/** A factor below this is one of pixels up to 255: the model takes them as they are. */
const OF_PIXELS = 0.1;

/** A graph without such layers. */
export interface WithoutFront {
  readonly graph: FileGraph;
  /** The preprocessing that the file contains, by name; `none` where a layer of the network does it. */
  readonly preprocess: string | undefined;
}

/** Takes the layers out of a graph. Throws RunError for options of them that are not supported. */
export function withoutFront(whole: FileGraph, source: string): WithoutFront {
  const { calls, instead } = withoutIdle(whole);
  const output = whole.output && (instead.get(whole.output) ?? whole.output);
  const { graph, preprocess } = withoutRescaling(
    rescaledFirst(withoutResizing({ ...whole, calls, output }, source)),
    source,
  );
  return { graph: withoutResizing(graph, source), preprocess };
}

/** The only layer that takes the images; undefined where there are several. */
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

/** Takes a named preprocessing away, or leaves a `Rescaling` that is none. */
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

/** Where the shape of the images may stand. */
const SHAPES = ['batch_input_shape', 'batch_shape'];

/**
 * A network that resizes its images first is one for images of that size, to which all are brought here. `CenterCrop` of something
 * larger than the images resizes them, too; of something smaller it stays.
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

/** Whether `CenterCrop` cuts something off images of a size. Throws RunError where they have none. */
function crops(r: ConfigReader, given: readonly unknown[], size: readonly number[]): boolean {
  if (given.length === 2 && given.every((n) => typeof n === 'number'))
    return given.every((n, axis) => n >= (size[axis] as number));
  return r.refuse(
    `it crops images of any size; build the model in Keras with an input of one size (keras.Input((height, width, channels))), set the weights, and save it`,
  );
}

/** Throws RunError where images would lose or gain edges when they are resized. Images of any size are square: faces. */
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

/** Puts a `Rescaling` in front of a `CenterCrop` of the images before it: the result is the same. */
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

/** The calls without layers that do nothing in inference, and what stands for the output of each of these. */
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

/** The preprocessing that a `Rescaling` layer is; undefined for one that has no name. */
function rescalingOf(r: ConfigReader): string | undefined {
  const is = (option: string, wanted: number): boolean => {
    const values = [r.raw(option) ?? 0].flat();
    return values.every((value) => typeof value === 'number' && Math.abs(value - wanted) < 1e-6);
  };
  return RESCALED.find(([, scale, offset]) => is('scale', scale) && is('offset', offset))?.[0];
}
