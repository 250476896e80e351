import { IMAGES, type Network } from '../nn/network.js';
import type { NamedArrays } from '../nn/parameters.js';
import { RunError } from '../util/errors.js';
import { featureInputs, isFeature, looksAtImages } from './keras_features.js';
import { FILE_LAYERS } from './layers/all.js';
import { OnnxGraph } from './onnx_graph.js';
import { model, value } from './onnx_proto.js';

/**
 * Writes networks as ONNX files. The input is `images` [batch, H, W, C], preprocessed; the output is `probabilities`
 * [batch, classes]. Designed features are further inputs, which the metadata `features` describes. ONNX convolves in NCHW, so the graph transposes its input, and transposes back before Flatten.
 */
const [INPUT, OUTPUT] = ['images', 'probabilities'];

/** @param notes stored as metadata: classes, preprocessing. Throws RunError for a layer that ONNX cannot express. */
export function toOnnx(
  network: Network,
  weights: NamedArrays,
  notes: Readonly<Record<string, string>> = {},
): Uint8Array {
  const graph = new OnnxGraph(weights);
  const image = network.inputShape.length === 3;
  const features = featureInputs(network);
  const outputs = new Map<number, string>();
  const inputs: Buffer[] = [];
  if (looksAtImages(network)) {
    inputs.push(value(11, INPUT, ['batch', ...network.inputShape]));
    outputs.set(IMAGES, image ? graph.add('Transpose', 'nchw', [INPUT], { perm: [0, 3, 1, 2] }) : INPUT);
  }
  network.layers.forEach((placed, i) => {
    if (isFeature(placed)) {
      inputs.push(value(11, placed.name, ['batch', ...placed.outputShape]));
      outputs.set(i, placed.name);
      return;
    }
    const from = placed.inputs.map((position) => outputs.get(position) as string);
    const layer = FILE_LAYERS.get(placed.layer.kind);
    if (layer === undefined) {
      throw new RunError(`layer "${placed.name}" (${placed.layer.kind}): it cannot be written as ONNX`);
    }
    outputs.set(i, layer.onnx(graph, placed, from));
  });
  const last = outputs.get(network.layers.length - 1) as string;
  graph.add('Identity', OUTPUT, [last]);
  return model(
    network.name,
    [...graph.parts, ...inputs, value(12, OUTPUT, ['batch', ...network.outputShape])],
    { ...notes, ...(Object.keys(features).length > 0 && { features: JSON.stringify(features) }) },
  );
}
