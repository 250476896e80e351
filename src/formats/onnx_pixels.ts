import type { Shape } from '../gpu/shape.js';
import type { OnnxGraph } from './onnx_graph.js';
import type { ImageLayout } from './onnx_layouts.js';

/**
 * A preprocessing of pixels from 0 to 255 as operators of an ONNX graph: (x - mean) / divisor. With `eachImage`, each image is
 * then standardized by its own mean and standard deviation.
 */
export interface PixelSteps {
  /** [H * W]; undefined: 0. */
  readonly mean: Float32Array | undefined;
  /** Divisor of all pixels. */
  readonly divisor: number;
  /** [H * W], a divisor of each pixel, in place of `divisor`. */
  readonly divisors?: Float32Array;
  readonly eachImage?: boolean;
}

/** The name of the preprocessed images in a graph whose input is pixels. */
export const PREPROCESSED = 'preprocessed';

/**
 * Adds the operators. Returns the name of the preprocessed images, which keep their axes.
 * @param pixels name of the input, uint8 @param image [H, W, C]
 */
export function addPixels(
  graph: OnnxGraph,
  pixels: string,
  image: Shape,
  layout: ImageLayout,
  { mean, divisor, divisors, eachImage = false }: PixelSteps,
): string {
  const [height = 1, width = 1, channels = 1] = image;
  const each = layout === 'nchw' ? [1, height, width] : [height, width, 1];
  const within = (name: string): string => `${PREPROCESSED}/${name}`;
  let x = graph.add('Cast', within('float'), [pixels], { to: 1 });
  const step = (type: string, name: string, operand: string): void => {
    x = graph.add(type, within(name), [x, operand]);
  };
  if (mean !== undefined) {
    const [first = 0] = mean;
    const one = mean.every((value) => value === first);
    const shift = graph.constant(within('mean'), one ? [] : each, one ? Float32Array.of(first) : mean);
    step('Sub', 'less_mean', shift);
  }
  if (divisors !== undefined) step('Div', 'scaled', graph.constant(within('deviation'), each, divisors));
  else if (divisor !== 1)
    step('Div', 'scaled', graph.constant(within('divisor'), [], Float32Array.of(divisor)));
  if (eachImage) {
    const average = (of: string, name: string): string =>
      graph.add('ReduceMean', within(name), [of], { axes: [1, 2, 3] });
    step('Sub', 'centred', average(x, 'image_mean'));
    const squares = graph.add('Mul', within('squares'), [x, x]);
    const deviation = graph.add('Sqrt', within('own_deviation'), [average(squares, 'variance')]);
    const least = Float32Array.of(1 / Math.sqrt(height * width * channels));
    const floor = graph.constant(within('least_deviation'), [], least);
    step('Div', 'standardized', graph.add('Max', within('divisor_of_image'), [deviation, floor]));
  }
  return graph.add('Identity', PREPROCESSED, [x]);
}
