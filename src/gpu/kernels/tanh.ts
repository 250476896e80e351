import { pointwise } from './pointwise.js';

/** Host side of shaders/tanh.wgsl. */
export const { forward: tanhForward, backward: tanhBackward } = pointwise('tanh');
