import { IMAGES, type Network } from '../nn/network.js';
import type { NamedArrays } from '../nn/parameters.js';
import { RunError } from '../util/errors.js';
import { featureInputs, isFeature, looksAtImages } from './keras_features.js';
import { FILE_LAYERS } from './layers/all.js';
import { OnnxGraph } from './onnx_graph.js';
import type { ImageLayout } from './onnx_layouts.js';
import { addPixels, type PixelSteps } from './onnx_pixels.js';
import { model, TYPES, value } from './onnx_proto.js';

/**
 * Writes networks as ONNX files. The input is `images`; the output is `probabilities` [batch, classes]. Designed features are
 * further inputs, which the metadata `features` describes. ONNX convolves in NCHW, so the graph transposes images that come as
 * NHWC, and transposes back before Flatten.
 */
const [INPUT, OUTPUT] = ['images', 'probabilities'];

/** How the input images of an ONNX file are stored. */
export interface OnnxImages {
  /** Axes; default `nhwc`. */
  readonly layout?: ImageLayout | undefined;
  /**
   * If given, the input is uint8 pixels from 0 to 255, and the graph preprocesses them in this way. Default: the input is
   * preprocessed float32 values.
   */
  readonly pixels?: PixelSteps | undefined;
}

/**
 * Encodes a network.
 * @param notes stored as metadata: classes, preprocessing. Throws RunError for a layer that ONNX cannot express, and for `pixels`
 * with a network whose only inputs are features.
 */
export function toOnnx(
  network: Network,
  weights: NamedArrays,
  notes: Readonly<Record<string, string>> = {},
  { layout = 'nhwc', pixels }: OnnxImages = {},
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
    inputs.push(value(11, INPUT, ['batch', ...shape], pixels && TYPES.uint8));
    const x = pixels === undefined ? INPUT : addPixels(graph, INPUT, network.inputShape, layout, pixels);
    outputs.set(IMAGES, turned ? graph.add('Transpose', 'nchw', [x], { perm: [0, 3, 1, 2] }) : x);
  } else if (pixels !== undefined) {
    throw new RunError(`${network.name} takes no images, but features of them; leave out --pixels`);
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
    aboutOf(network, notes, layout, pixels !== undefined),
  );
}

/** A description of the model for people who open the file. */
function aboutOf(
  { name, inputShape }: Network,
  notes: Readonly<Record<string, string>>,
  layout: ImageLayout,
  pixels: boolean,
): string {
  const type = pixels ? 'uint8' : 'float32';
  const axes =
    inputShape.length === 3 ? `, ${type} [batch, ${layout === 'nchw' ? 'C, H, W' : 'H, W, C'}]` : '';
  const { classes } = notes;
  const step = notes[pixels ? 'preprocess_within' : 'preprocess'];
  const formula = notes[pixels ? 'preprocess_within_formula' : 'preprocess_formula'];
  const where = pixels ? 'by the model itself' : 'before';
  return [
    `${name}, a classifier of faces. Input: ${INPUT}${axes}.`,
    ...(step === undefined
      ? []
      : [
          `Pixels from 0 to 255 are preprocessed ${where}: ${step}${formula === undefined ? '' : `, ${formula}`}.`,
        ]),
    ...(classes === undefined ? [] : [`Output: ${OUTPUT} of ${classes}.`]),
  ].join(' ');
}
