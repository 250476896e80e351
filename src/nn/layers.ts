/** Every layer there is; names, options and defaults are Keras's. */
export * from './layers/activations.js';
export * from './layers/convolution.js';
export * from './layers/core.js';
export * from './layers/pooling.js';
