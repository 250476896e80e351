import type { ImageMix } from '../../util/image_draw.js';
import { defineKernel } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import { GROUP } from './reduce.js';

/** Host side of shaders/mixup.wgsl. */
const blendKernel = defineKernel('mixup', 'blend', {
  reads: ['images', 'mix_of'],
  writes: ['mixed'],
  params: { b: 'u32', size: 'u32' },
});

/** Encodes the mix of a batch for the shaders: [B, 2]. */
export function packMix(mix: readonly ImageMix[]): Uint32Array {
  const words = new Uint32Array(mix.length * 2);
  const floats = new Float32Array(words.buffer);
  mix.forEach(({ partner, share }, i) => {
    words[i * 2] = partner;
    floats[i * 2 + 1] = share;
  });
  return words;
}

/** Blends the images [B, ...] of a batch as mix [B, 2] says. */
export function mixImages(rec: Recorder, images: Tensor, mix: Tensor): Tensor {
  const [b = 0] = images.shape;
  const mixed = rec.alloc(images.shape, 'mixed');
  rec.dispatch(blendKernel, {
    bind: { images, mix_of: mix, mixed },
    params: { b, size: images.size / b },
    workgroups: Math.ceil(images.size / GROUP),
  });
  return mixed;
}
