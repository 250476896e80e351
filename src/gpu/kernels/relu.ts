import { pointwise } from './pointwise.js';

/** Host side of shaders/relu.wgsl. */
export const { forward: reluForward, backward: reluBackward } = pointwise('relu');
