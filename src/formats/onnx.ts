import { IMAGES, type Network } from '../nn/network.js';
import type { NamedArrays } from '../nn/parameters.js';
import { RunError } from '../util/errors.js';
import { featureInputs, isFeature, looksAtImages } from './keras_features.js';
import { FILE_LAYERS } from './layers/all.js';
import { OnnxGraph } from './onnx_graph.js';
import type { ImageLayout } from './onnx_layouts.js';
import { model, value } from './onnx_proto.js';

/**
 * Writes networks as ONNX files. The input is `images`, preprocessed; the output is `probabilities` [batch, classes]. Designed
 * features are further inputs, which the metadata `features` describes. ONNX convolves in NCHW, so the graph transposes images
 * that come as NHWC, and transposes back before Flatten.
 */
const [INPUT, OUTPUT] = ['images', 'probabilities'];

/**
 * Encodes a network.
 * @param notes stored as metadata: classes, preprocessing @param layout of the images. Throws RunError for a layer that ONNX
 * cannot express.
 */
export function toOnnx(
  network: Network,
  weights: NamedArrays,
  notes: Readonly<Record<string, string>> = {},
  layout: ImageLayout = 'nhwc',
): Uint8Array {
  const graph = new OnnxGraph(weights);
  const image = network.inputShape.length === 3;
  const features = featureInputs(network);
  const outputs = new Map<number, string>();
  const inputs: Buffer[] = [];
  if (looksAtImages(network)) {
    const [height = 1, width = 1, channels = 1] = network.inputShape;
    const turned = image && layout === 'nhwc';
    const shape = image && !turned ? [channels, height, width] : network.inputShape;
    inputs.push(value(11, INPUT, ['batch', ...shape]));
    outputs.set(IMAGES, turned ? graph.add('Transpose', 'nchw', [INPUT], { perm: [0, 3, 1, 2] }) : INPUT);
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
    aboutOf(network, notes, layout),
  );
}

/** What the model is, for people who open the file. */
function aboutOf(
  { name, inputShape }: Network,
  notes: Readonly<Record<string, string>>,
  layout: ImageLayout,
): string {
  const axes =
    inputShape.length === 3 ? `, float32 [batch, ${layout === 'nchw' ? 'C, H, W' : 'H, W, C'}]` : '';
  const { preprocess, preprocess_formula: formula, classes } = notes;
  return [
    `${name}, a classifier of faces. Input: ${INPUT}${axes}.`,
    ...(preprocess === undefined
      ? []
      : [
          `Pixels from 0 to 255 are preprocessed before: ${preprocess}${formula === undefined ? '' : `, ${formula}`}.`,
        ]),
    ...(classes === undefined ? [] : [`Output: ${OUTPUT} of ${classes}.`]),
  ].join(' ');
}
