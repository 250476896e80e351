/** What the page does with a picture. The same steps as `fer-tui predict`, in plain JavaScript. */

/**
 * Pixels as a network takes them, from its notes (`userDefinedMetadata` in model.json).
 * @param {Uint8ClampedArray} rgba four bytes a pixel, as a canvas gives them
 * @param {number} channels 1: gray, 3: colours
 * @param {{ preprocess: string, mean?: number[], std?: number[] }} notes
 * @returns {Float32Array} row after row, channel beside channel
 */
export function prepare(rgba, channels, { preprocess, mean = [0], std = [1] }) {
  const count = rgba.length / 4;
  const pixels = new Float32Array(count * channels);
  for (let i = 0; i < count; i++) {
    const [r, g, b] = rgba.subarray(4 * i);
    if (channels === 3) pixels.set([r, g, b], 3 * i);
    else pixels[i] = Math.round(0.299 * r + 0.587 * g + 0.114 * b);
  }
  // One number for all pixels, or one for each.
  const at = (numbers, i) => numbers[Math.floor(i / channels) % numbers.length];
  switch (preprocess) {
    case 'none':
      return pixels;
    case 'scale255':
      return pixels.map((x) => x / 255);
    case 'minus1to1':
      return pixels.map((x) => x / 127.5 - 1);
    case 'mean':
      return pixels.map((x, i) => (x - at(mean, i)) / 255);
    case 'standardize':
    case 'standardize-global':
      return pixels.map((x, i) => (x - at(mean, i)) / at(std, i));
    case 'standardize-image': {
      const average = pixels.reduce((sum, x) => sum + x, 0) / pixels.length;
      const variance = pixels.reduce((sum, x) => sum + (x - average) ** 2, 0) / pixels.length;
      const deviation = Math.max(Math.sqrt(variance), 1 / Math.sqrt(pixels.length));
      return pixels.map((x) => (x - average) / deviation);
    }
    default:
      throw new Error(`The model wants the preprocessing "${preprocess}", which this page does not know.`);
  }
}

/**
 * The probabilities of a face's expressions, in the order of the model's classes.
 * @param tf TensorFlow.js @param model what `tf.loadLayersModel` gave @param {CanvasImageSource} face a picture of the face alone
 */
export async function classify(tf, model, face) {
  const [, height, width, channels] = model.inputs[0].shape;
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  context.imageSmoothingQuality = 'high';
  context.drawImage(face, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  const input = prepare(data, channels, model.getUserDefinedMetadata());
  const output = tf.tidy(() => model.predict(tf.tensor(input, [1, height, width, channels])));
  const probabilities = Array.from(await output.data());
  output.dispose();
  return probabilities;
}
