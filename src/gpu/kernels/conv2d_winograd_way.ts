import type { ConvWay } from './conv2d_way.js';
import {
  type Edge,
  winogradBlock,
  winogradBlockFits,
  winogradFits,
  winogradForward,
} from './conv2d_winograd.js';
import { blockTransformFits } from './conv2d_winograd_block.js';
import { isSamePadded, winogradGradients } from './conv2d_winograd_gradient.js';

/** Winograd's algorithm on output tiles of this edge: 3 x 3, stride 1, channels in multiples of 4. */
function winograd(edge: Edge): ConvWay {
  return {
    name: `winograd${edge}`,
    fits: (gpu, g) => winogradFits(gpu, g, edge),
    takesAffine: true,
    forward: (rec, operands, g, { format = 'f32', ...options }) =>
      winogradForward(rec, operands, g, { edge, format, ...options }),
    gradients: (rec, operands, dy, g, options) =>
      winogradGradients(rec, operands, dy, g, { edge, ...options }),
    blockGradients(rec, operands, gradient, g, options) {
      const complete = isSamePadded(g) || !options.inputGradient;
      if (!complete || !blockTransformFits(rec.gpu, gradient)) return undefined;
      return winogradGradients(rec, operands, gradient, g, { edge, ...options });
    },
    block: (rec, operands, end, g, prepare) =>
      winogradBlockFits(edge, end.poolSize)
        ? winogradBlock(rec, operands, end, g, { edge, format: 'f32', prepare })
        : undefined,
  };
}

export const winograd4 = winograd(4);
export const winograd6 = winograd(6);
