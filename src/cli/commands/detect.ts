import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { EXIT, UsageError } from '../../util/errors.js';
import { checkPictureName } from '../../util/picture_file.js';
import { printable } from '../../util/printable.js';
import { visionOptions } from '../../vision/options.js';
import type { DetectArgs } from '../declarations/detect.js';
import type { GlobalArgs } from '../declarations/globals.js';
import { settingsOf } from '../vision_args.js';
import { faceJson, facesWords, type Lines, runLines } from '../vision_lines.js';

const LINES: Omit<Lines, 'exit'> = {
  plain: ({ path = '', faces, leftOut, written }) =>
    `${printable(path)}: ${facesWords(faces, leftOut)}${written === undefined ? '' : ` -> ${printable(written)}`}`,
  json: ({ frame, path, width, height, faces, leftOut, written }, classes) => ({
    ...{ type: 'image', frame, path, width, height, found: faces.length > 0 },
    faces: faces.map((face) => faceJson(face, classes)),
    leftOut,
    ...(written !== undefined && { written }),
  }),
};

/** `fer-tui detect`: finds and classifies the faces in photographs. --out writes the photographs with boxes and labels. Those that cannot be read are named, and decide the exit code. */
export async function detect(args: DetectArgs & GlobalArgs): Promise<number> {
  const { images, out, requireFace, skipBad } = args;
  const source = { kind: 'images', paths: images } as const;
  const options = visionOptions(source, settingsOf(args), {
    pace: 'ordered',
    out: out === undefined ? undefined : target(out, images),
  });
  return runLines(options, args, {
    ...LINES,
    exit: ({ unread, labels }) => {
      if (unread > 0 && !skipBad) return EXIT.data;
      return requireFace && Object.keys(labels).length === 0 ? EXIT.noFace : EXIT.done;
    },
  });
}

/** Interprets `--out` as a file, for a single image, or as a folder. Throws UsageError, also where it is an image that is read. */
function target(out: string, images: readonly string[]): { file: string } | { folder: string } {
  const isFolder = (path: string): boolean =>
    statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  if (isFolder(out) || !/\.\w+$/.test(out)) {
    const places = images.map((path) => resolve(isFolder(path) ? path : dirname(path)));
    if (!places.includes(resolve(out))) return { folder: out };
    throw new UsageError(
      `--out ${out}: it would overwrite the input images in that folder; expected another folder`,
    );
  }
  checkPictureName(out);
  const [image = ''] = images;
  if (resolve(image) === resolve(out)) {
    throw new UsageError(`--out ${out}: it would overwrite the input image; expected another name`);
  }
  if (images.length === 1 && !isFolder(image)) return { file: out };
  throw new UsageError(`--out ${out}: several images do not fit in one file; expected a folder`);
}
