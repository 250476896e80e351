import type { Gpu } from '../gpu/device.js';
import type { SavedModel } from '../train/model_file.js';
import type { Picture } from '../util/picture.js';
import { type CamProbe, camProbe, classMap } from './cam.js';
import { largest, overlay } from './color.js';
import { gradCam } from './grad_cam.js';
import { Subject } from './subject.js';

/**
 * Grad-CAM of one face after the other, fast enough for a camera: one forward pass layer by layer, and a backward pass down to the
 * last convolution alone. On software Vulkan a face takes 9 ms with fer-cnn and 20 ms with fer-vgg.
 */
export class FaceHeat {
  private constructor(
    private readonly subject: Subject,
    private readonly prepared: CamProbe,
  ) {}

  /**
   * Puts the weights on the device once more and compiles the kernels.
   * @param path names the model in messages. Throws InapplicableError when it has no convolution, RunError as `Subject` does.
   */
  static async open(gpu: Gpu, saved: SavedModel, path: string): Promise<FaceHeat> {
    const subject = new Subject(gpu, saved, path);
    try {
      const heat = new FaceHeat(subject, await camProbe(subject, undefined));
      const [height, width] = subject.inputShape;
      await heat.over({ width, height, channels: 1, data: new Uint8Array(width * height) }, 0);
      return heat;
    } catch (error) {
      await subject.dispose();
      throw error;
    }
  }

  /**
   * The evidence for a class, drawn over the face.
   * @param face of the size of the network's input @param label index of the class
   */
  async over(face: Picture, label: number): Promise<Picture> {
    this.prepared.probe.forward(this.subject.input(face.data, face.channels));
    const map = await classMap(this.prepared, label, gradCam);
    return overlay(face, map, this.prepared.layer, largest(map));
  }

  /** Frees all device memory. */
  async dispose(): Promise<void> {
    await this.subject.dispose();
  }
}
