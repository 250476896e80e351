/** Every layer there is; names and options are Keras's, and so are defaults, but for convolutions, which pad `same`. */
export * from './layers/activations.js';
export * from './layers/convolution.js';
export * from './layers/core.js';
export * from './layers/pooling.js';
