import type { Shape } from '../gpu/shape.js';
import { frozen, type Layer } from '../nn/layer.js';
import { ConfigReader, type KerasObject } from './keras_config.js';
import { FILE_LAYERS } from './layers/all.js';
import { READ_AS } from './layers/read_as.js';

/** The only layer that has no option `trainable` in Keras 3. */
const WITHOUT_TRAINABLE = 'SpatialDropout2D';

/** Converts a layer to Keras's JSON. */
export function writeLayer(name: string, layer: Layer, output: Shape): KerasObject {
  const { kind } = layer;
  const common = {
    name,
    ...(kind !== WITHOUT_TRAINABLE && { trainable: layer.config['trainable'] ?? true }),
  };
  const own = FILE_LAYERS.get(kind)?.write(layer, output);
  if (own === undefined) throw new Error(`layer "${name}" (${kind}): Keras files with it are not written`);
  return { class_name: kind, config: { ...common, dtype: 'float32', ...own } };
}

/** A layer of a file with its name, and the layer of its activation if that is separate. */
export interface ReadLayer {
  readonly name: string;
  readonly layer: Layer;
}

/**
 * Converts a layer of a file. Throws RunError that names the layer, class and option that is not supported.
 * @param source name of the file, for messages @param keras major version of Keras that wrote it
 */
export function readLayer(
  { class_name: kind, config }: KerasObject,
  input: Shape,
  source: string,
  keras = 2,
): ReadLayer[] {
  const r = new ConfigReader(kind, config, source, keras);
  const reader = FILE_LAYERS.get(kind)?.read ?? (Object.hasOwn(READ_AS, kind) ? READ_AS[kind] : undefined);
  const own = reader?.(r, input) ?? r.failClass();
  const [layer, inside] = Array.isArray(own) ? own : [own, undefined];
  const { name } = r;
  const read = { name, layer: r.trainable ? layer : frozen(layer) };
  r.finish();
  if (inside === undefined) return [read];
  const suffixed = { ...inside, config: { ...inside.config, name: `${name}_activation` } };
  return [read, ...readLayer(suffixed, layer.outputShape(input), source, keras)];
}
