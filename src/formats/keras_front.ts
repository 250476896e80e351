import { ConfigReader } from './keras_config.js';
import { type Call, type FileGraph, nameOf, THE_IMAGES } from './keras_graph.js';
import { LEFT_OUT } from './layers/left_out.js';

/**
 * Layers of files that become no layer of a network: those that do nothing in inference, and a `Rescaling` in front that is a
 * preprocessing with a name.
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

/** Takes the layers out of a graph. */
export function withoutFront(graph: FileGraph, source: string): WithoutFront {
  const { calls, instead } = withoutIdle(graph);
  const resolved = (name: string): string => instead.get(name) ?? name;
  const images = new Set([THE_IMAGES, ...graph.inputs.map(nameOf)]);
  const users = calls.filter(({ from }) => from.some((one) => images.has(one)));
  const [first, ...others] = users;
  const output = graph.output && resolved(graph.output);
  if (first?.layer.class_name !== 'Rescaling' || others.length > 0)
    return { graph: { ...graph, calls, output }, preprocess: undefined };
  const rescaling = new ConfigReader('Rescaling', first.layer.config, source);
  const preprocess = rescalingOf(rescaling);
  if (preprocess === undefined) {
    const scales = [rescaling.raw('scale')].flat();
    const ofPixels = scales.every((scale) => typeof scale === 'number' && Math.abs(scale) < OF_PIXELS);
    return { graph: { ...graph, calls, output }, preprocess: ofPixels ? 'none' : undefined };
  }
  const name = nameOf(first.layer);
  const [before = ''] = first.from;
  const rest = calls
    .filter((call) => call !== first)
    .map(({ layer, from }) => ({ layer, from: from.map((one) => (one === name ? before : one)) }));
  return { graph: { ...graph, calls: rest, output: output === name ? before : output }, preprocess };
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
