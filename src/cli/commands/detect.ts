import { existsSync, statSync } from 'node:fs';
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

/** Interprets `--out` as a file, for a single image, or as a folder. Throws UsageError. */
function target(out: string, images: readonly string[]): { file: string } | { folder: string } {
  const isFolder = existsSync(out) && statSync(out).isDirectory();
  if (isFolder || !/\.\w+$/.test(out)) return { folder: out };
  checkPictureName(out);
  if (images.length === 1 && !statSync(images[0] as string, { throwIfNoEntry: false })?.isDirectory()) {
    return { file: out };
  }
  throw new UsageError(`--out ${out}: several images do not fit in one file; expected a folder`);
}
