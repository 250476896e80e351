import { pointwise } from './pointwise.js';

/** Host side of shaders/sigmoid.wgsl. */
export const { forward: sigmoidForward, backward: sigmoidBackward } = pointwise('sigmoid');
