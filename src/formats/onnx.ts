import { IMAGES, type Network } from '../nn/network.js';
import type { NamedArrays } from '../nn/parameters.js';
import { RunError } from '../util/errors.js';
import { FILE_LAYERS } from './layers/all.js';
import { OnnxGraph } from './onnx_graph.js';
import { model, value } from './onnx_proto.js';

/**
 * Writes networks as ONNX files. The input is `images` [batch, H, W, C], preprocessed; the output is `probabilities`
 * [batch, classes]. ONNX convolves in NCHW, so the graph transposes its input, and transposes back before Flatten.
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
  const start = image ? graph.add('Transpose', 'nchw', [INPUT], { perm: [0, 3, 1, 2] }) : INPUT;
  const outputs = new Map([[IMAGES, start]]);
  network.layers.forEach((placed, i) => {
    const inputs = placed.inputs.map((from) => outputs.get(from) as string);
    const layer = FILE_LAYERS.get(placed.layer.kind);
    if (layer === undefined) {
      throw new RunError(`layer "${placed.name}" (${placed.layer.kind}): it cannot be written as ONNX`);
    }
    outputs.set(i, layer.onnx(graph, placed, inputs));
  });
  const last = outputs.get(network.layers.length - 1) as string;
  graph.add('Identity', OUTPUT, [last]);
  return model(
    network.name,
    [
      ...graph.parts,
      value(11, INPUT, ['batch', ...network.inputShape]),
      value(12, OUTPUT, ['batch', ...network.outputShape]),
    ],
    notes,
  );
}
