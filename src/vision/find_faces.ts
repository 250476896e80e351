import { VISION_DEFAULTS, visionOptions } from './options.js';
import { VisionProcess } from './process.js';
import type { FrameMessage } from './protocol.js';

/**
 * Finds the faces in photographs, and does not classify them. Nothing is found where OpenCV is not installed, and in what
 * cannot be read.
 */
export function findFaces(paths: readonly string[]): Promise<FrameMessage[]> {
  const options = visionOptions({ kind: 'images', paths }, VISION_DEFAULTS, {
    pace: 'ordered',
    locate: true,
  });
  const found: FrameMessage[] = [];
  return new Promise((resolve) => {
    const vision = new VisionProcess(options, (message) => {
      if (message.type === 'frame') found.push(message);
      if (message.type === 'ended' || message.type === 'failed')
        void vision.close().then(() => resolve(found));
    });
  });
}
