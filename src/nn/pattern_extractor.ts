import type { Gpu } from '../gpu/device.js';
import {
  binaryPatterns,
  type PatternGrid,
  patternGeometry,
  patternHistograms,
} from '../gpu/kernels/local_binary_patterns.js';
import type { Program } from '../gpu/program.js';
import { Recorder } from '../gpu/recorder.js';
import type { Tensor } from '../gpu/tensor.js';
import { patternFeatures } from './layers.js';

/** Computes all features of local binary patterns of gray images, by the kernels that networks use. */
export class PatternExtractor {
  private constructor(
    /** Images per call, at most. */
    readonly batch: number,
    private readonly program: Program,
    private readonly gray: Tensor,
    private readonly shares: Tensor,
  ) {}

  /** @param size height and width of the images. Throws ShapeError, OutOfMemoryError, ShaderError. */
  static async open(
    gpu: Gpu,
    [height, width]: readonly [number, number],
    grid: PatternGrid,
    batch: number,
  ): Promise<PatternExtractor> {
    const rec = new Recorder(gpu);
    try {
      const features = patternFeatures(grid);
      const g = patternGeometry([batch, height, width, 1], grid, features);
      const gray = rec.allocPrivate([batch, height, width], 'gray');
      const all = rec.allocPrivate([features], 'chosen');
      gpu.write(
        all,
        Uint32Array.from({ length: features }, (_, i) => i),
      );
      const shares = patternHistograms(rec, binaryPatterns(rec, gray, g), all, g);
      return new PatternExtractor(batch, await rec.finish(), gray, shares);
    } catch (error) {
      rec.abandon();
      throw error;
    }
  }

  /** Shares of the patterns, [count, features], of `count` images [count, H, W], at most `batch`. */
  async extract(images: Uint8Array, count: number): Promise<Float32Array> {
    const { gpu } = this.program;
    const gray = new Uint32Array(this.gray.size);
    gray.set(images);
    gpu.write(this.gray, gray);
    this.program.run();
    const all = await gpu.read(this.shares);
    return all.subarray(0, (count * all.length) / this.batch);
  }

  /** Frees its memory on the device. */
  dispose(): void {
    this.program.dispose();
  }
}
