import { activation } from './activation.js';
import type { LayerArithmetic } from './arithmetic.js';
import { batchNorm } from './batch_norm.js';
import { convolution } from './convolution.js';
import { dense } from './dense.js';
import { layerNormalization } from './layer_norm.js';
import { localBinaryPatterns } from './local_binary_patterns.js';
import { averagePooling, maxPooling } from './pooling.js';
import { addition, concatenation, cropping, dropout, flatten, padding, permutation } from './simple.js';
import { affine, multiplication, parametricRelu } from './weighted.js';

/** The arithmetic of each kind of layer, by Keras's name. A new layer needs an entry here; the tests say so. */
export const ARITHMETIC: Readonly<Record<string, LayerArithmetic>> = {
  ...{ Conv2D: convolution, DepthwiseConv2D: convolution, SeparableConv2D: convolution },
  ...{ Dense: dense, BatchNormalization: batchNorm, LayerNormalization: layerNormalization },
  ...{
    ELU: activation,
    ReLU: activation,
    LeakyReLU: activation,
    Activation: activation,
    Softmax: activation,
    PReLU: parametricRelu,
  },
  ...{ MaxPooling2D: maxPooling, AveragePooling2D: averagePooling, GlobalAveragePooling2D: averagePooling },
  ...{ GlobalMaxPooling2D: maxPooling, Multiply: multiplication },
  ...{ Rescaling: affine, Normalization: affine, Reshape: flatten, Permute: permutation },
  ...{ Dropout: dropout, SpatialDropout2D: dropout },
  ...{ LocalBinaryPatterns: localBinaryPatterns, Concatenate: concatenation },
  ...{ Add: addition, Flatten: flatten, ZeroPadding2D: padding, Cropping2D: cropping },
};
