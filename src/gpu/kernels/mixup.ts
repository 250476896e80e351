import { type ImageMix, NO_BOX, packBox } from '../../util/image_draw.js';
import { defineKernel, u32s } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import { GROUP } from './reduce.js';

/** Host side of shaders/mixup.wgsl. */
const blendKernel = defineKernel('mixup', 'blend', {
  reads: ['images', 'mix_of'],
  writes: ['mixed'],
  params: u32s('b', 'size', 'w', 'channels'),
});

/** 32-bit words per image in `mix`. */
export const MIX_WORDS = 4;

/** Encodes the mix of a batch for the shaders: [B, MIX_WORDS]. */
export function packMix(mix: readonly ImageMix[]): Uint32Array {
  const words = new Uint32Array(mix.length * MIX_WORDS);
  const floats = new Float32Array(words.buffer);
  mix.forEach(({ partner, share, box = NO_BOX }, i) => {
    words.set([partner, 0, ...packBox(box)], i * MIX_WORDS);
    floats[i * MIX_WORDS + 1] = share;
  });
  return words;
}

/** Mixes the images [B, H, W, C] of a batch as mix [B, MIX_WORDS] says. Without boxes, they may have any shape [B, ...]. */
export function mixImages(rec: Recorder, images: Tensor, mix: Tensor): Tensor {
  const [b = 0, , w = 1, channels = 1] = images.shape;
  const mixed = rec.alloc(images.shape, 'mixed');
  rec.dispatch(blendKernel, {
    bind: { images, mix_of: mix, mixed },
    params: { b, size: images.size / b, w, channels },
    workgroups: Math.ceil(images.size / GROUP),
  });
  return mixed;
}
