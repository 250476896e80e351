import { imagesAt } from '../data/image_files.js';
import { openCapture } from './capture.js';
import { DemoSource } from './demo.js';
import { ImageSource } from './images.js';
import { LiveSource, type Reconnection } from './live_source.js';
import type { OpenCv } from './opencv.js';
import type { FrameSource } from './source.js';
import { nameOfSource, type SourceSpec } from './source_spec.js';

/**
 * Opens a source. Throws CameraError, DataError.
 * @param load loads OpenCV; called only if the source needs it
 * @param again how a live source is connected again when it goes away
 */
export async function openSource(
  spec: SourceSpec,
  load: () => OpenCv,
  again: Pick<Reconnection, 'tries' | 'tell'>,
): Promise<FrameSource> {
  switch (spec.kind) {
    case 'demo':
      return new DemoSource();
    case 'images': {
      const found = spec.paths.map((path) => imagesAt(path));
      const [paths, notes] = [found.flatMap(({ paths }) => paths), found.flatMap(({ notes }) => notes)];
      return ImageSource.open(load(), { paths, notes }, nameOfSource(spec));
    }
    default: {
      const open = (): Promise<FrameSource> => openCapture(load(), spec);
      const source = await open();
      return source.info.live ? new LiveSource(source, { ...again, open }) : source;
    }
  }
}
