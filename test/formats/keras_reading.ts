import { readLayer } from '../../src/formats/keras_layers.js';

/** The shape of the images that layers are read for. */
export const IMAGE = [8, 10, 3];

/** Reads a layer called "x" of a file called "file". */
export function read(kind: string, config: object = {}, input: readonly number[] = IMAGE) {
  return readLayer({ class_name: kind, config: { name: 'x', ...config } }, input, 'file');
}

/** Its options in our own words. */
export function optionsOf(kind: string, config?: object, input?: readonly number[]) {
  return read(kind, config, input)[0]?.layer.config;
}
