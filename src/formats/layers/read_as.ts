import type { Shape } from '../../gpu/shape.js';
import type { Layer } from '../../nn/layer.js';
import { Cropping2D } from '../../nn/layers.js';
import { REBUILD } from '../advice.js';
import type { ConfigReader } from '../keras_config.js';

/**
 * Layers of Keras's files that become a layer of another class here, or that are not supported at their place, by Keras's name.
 */
export const READ_AS: Readonly<Record<string, (r: ConfigReader, input: Shape) => Layer>> = {
  CenterCrop: (r, [height = 0, width = 0]) => {
    r.must('data_format', 'channels_last');
    const [rows, columns] = [height - r.count('height'), width - r.count('width')];
    if (rows < 0 || columns < 0)
      return r.refuse(
        `it enlarges images of ${height} x ${width}, which is supported only directly after the input, with the same aspect ratio; give the model images of the size that it crops to`,
      );
    const [top, left] = [Math.floor(rows / 2), Math.floor(columns / 2)];
    return Cropping2D({ cropping: [top, rows - top, left, columns - left] });
  },
  RandomCrop: (r) =>
    r.refuse(
      `versions of Keras differ in what it does in inference (some resize, others do nothing); ${REBUILD}, with an input of the size that the next layer expects`,
    ),
  Resizing: (r) =>
    r.refuse(
      'it is supported only directly after the input (or after Rescaling and augmentation there); build the model without this layer in Keras, with an input of its output size, set the weights, and save it',
    ),
};
