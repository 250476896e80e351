import { ConfigReader } from './keras_config.js';
import { type Call, type FileGraph, nameOf, THE_IMAGES } from './keras_graph.js';
import { LEFT_OUT } from './layers/left_out.js';

/**
 * Layers of files that become no layer of a network: those that do nothing in inference, and `Rescaling` in front, which is a
 * preprocessing.
 */

/** Names of all classes that become no layer. */
export const FRONT_LAYERS: readonly string[] = ['Rescaling', ...LEFT_OUT];

/** Pixels to inputs, x * scale + offset, by the name of the preprocessing that is the same. */
const RESCALED: readonly (readonly [name: string, scale: number, offset: number])[] = [
  ['scale255', 1 / 255, 0],
  ['minus1to1', 1 / 127.5, -1],
  ['none', 1, 0],
];

/** A graph without such layers. */
export interface WithoutFront {
  readonly graph: FileGraph;
  /** The preprocessing that the file contains, by name. */
  readonly preprocess: string | undefined;
}

/** Takes the layers out of a graph. Throws RunError for a `Rescaling` that is no preprocessing of all that sees the images. */
export function withoutFront(graph: FileGraph, source: string): WithoutFront {
  /** What stands for the output of a layer that is taken out. */
  const instead = new Map<string, string>();
  const raw = new Set([THE_IMAGES, ...graph.inputs.map(nameOf)]);
  const calls: Call[] = [];
  let rescaling: ConfigReader | undefined;
  let preprocess: string | undefined;
  let rawUsed = false;
  for (const { layer, from } of graph.calls) {
    const { class_name: kind, config } = layer;
    const name = nameOf(layer);
    const [first = ''] = from;
    if (LEFT_OUT.has(kind)) {
      instead.set(name, instead.get(first) ?? first);
      if (raw.has(first)) raw.add(name);
    } else if (kind === 'Rescaling') {
      rescaling = new ConfigReader(kind, config, source);
      if (preprocess !== undefined || !raw.has(first)) {
        rescaling.refuse('it is supported directly behind the input alone, as a preprocessing');
      }
      preprocess = rescalingOf(rescaling);
      instead.set(name, instead.get(first) ?? first);
    } else {
      rawUsed ||= from.some((one) => raw.has(one));
      calls.push({ layer, from: from.map((one) => instead.get(one) ?? one) });
    }
  }
  if (rawUsed)
    rescaling?.refuse(
      'another layer takes the images without it; only one way of preprocessing is supported',
    );
  const output = graph.output && (instead.get(graph.output) ?? graph.output);
  return { graph: { ...graph, calls, output }, preprocess };
}

/** The preprocessing that a `Rescaling` layer is. Throws RunError for one that has no name. */
function rescalingOf(r: ConfigReader): string {
  const is = (option: string, wanted: number): boolean => {
    const values = [r.raw(option) ?? 0].flat();
    return values.every((value) => typeof value === 'number' && Math.abs(value - wanted) < 1e-6);
  };
  const found = RESCALED.find(([, scale, offset]) => is('scale', scale) && is('offset', offset));
  if (found !== undefined) return found[0];
  const [scale, offset] = ['scale', 'offset'].map((option) => JSON.stringify(r.raw(option) ?? 0));
  return r.refuse(
    `scale = ${scale} with offset = ${offset} is not supported; only 1 / 255 with 0, 1 / 127.5 with -1, and 1 with 0`,
  );
}
