import { defineKernel } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import {
  FORWARD,
  forwardCall,
  INPUT_GRADIENT,
  outputOf,
  WEIGHT_GRADIENT,
  weightGradientInSplits,
} from './conv2d_direct.js';
import type { ConvGeometry } from './conv2d_geometry.js';
import type { ConvWay } from './conv2d_way.js';
import { biasGradient, GROUP } from './reduce.js';

/** Host side of shaders/conv2d.wgsl. */
const forwardKernel = defineKernel('conv2d', 'forward', FORWARD);
const inputGradientKernel = defineKernel('conv2d', 'input_gradient', INPUT_GRADIENT);
const weightGradientKernel = defineKernel('conv2d', 'weight_gradient', WEIGHT_GRADIENT);

/** Invocations that keep a device busy in a weight gradient. */
const BUSY = 16_384;

/** One thread per output: any convolution, on any device. The other ways must agree with it. */
export const naive: ConvWay = {
  name: 'naive',
  fits: () => true,
  takesAffine: false,

  forward(rec, operands, g, { alpha }) {
    const { y, call } = forwardCall(rec, operands, g);
    rec.dispatch(forwardKernel, { ...call, workgroups: Math.ceil(y.size / GROUP) });
    return outputOf(rec, y, alpha);
  },

  gradients(rec, { x }, dy, g) {
    const size = g.kh * g.kw * g.ic * g.oc;
    const dw = weightGradientInSplits(rec, [x, dy], g, { units: size, busy: BUSY }, (call, splits) =>
      rec.dispatch(weightGradientKernel, { ...call, workgroups: Math.ceil((size * splits) / GROUP) }),
    );
    return { dx: undefined, dw, db: biasGradient(rec, dy) };
  },
};

/** dx [B, H, W, IC] from dy [B, OH, OW, OC], one thread per element; any stride. */
export function naiveInputGradient(rec: Recorder, dy: Tensor, weight: Tensor, g: ConvGeometry): Tensor {
  const dx = rec.alloc([g.b, g.h, g.w, g.ic], 'dx');
  rec.dispatch(inputGradientKernel, {
    bind: { dx_dy: dy, dx_weight: weight, dx },
    params: { ...g, has_bias: 0 },
    workgroups: Math.ceil(dx.size / GROUP),
  });
  return dx;
}
