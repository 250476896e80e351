/** All layers. Names, options and defaults are Keras's, except that convolutions pad `same`. */
export * from './layers/activations.js';
export * from './layers/convolution.js';
export * from './layers/core.js';
export * from './layers/local_binary_patterns.js';
export * from './layers/merging.js';
export * from './layers/normalization.js';
export * from './layers/pooling.js';
export * from './layers/reshaping.js';
