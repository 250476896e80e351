import { imagesAt } from '../data/image_files.js';
import { openCapture } from './capture.js';
import { DemoSource } from './demo.js';
import { ImageSource } from './images.js';
import type { OpenCv } from './opencv.js';
import type { FrameSource } from './source.js';
import { IMAGE_FILE, nameOfSource, type SourceSpec } from './source_spec.js';

/** Opens a source. @param load loads OpenCV; called only if the source needs it @throws CameraError, DataError */
export async function openSource(spec: SourceSpec, load: () => OpenCv): Promise<FrameSource> {
  switch (spec.kind) {
    case 'demo':
      return new DemoSource();
    case 'images':
      return new ImageSource(
        load(),
        spec.paths.flatMap((path) => imagesAt(path, IMAGE_FILE)),
        nameOfSource(spec),
      );
    default:
      return openCapture(load(), spec);
  }
}
