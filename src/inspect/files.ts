import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { atomicWrite } from '../util/atomic_write.js';
import { isSystemError, RunError, UsageError } from '../util/errors.js';
import type { Picture } from '../util/picture.js';
import { writePicture } from '../util/picture_file.js';
import { resample } from '../util/resample.js';
import { chartPicture } from './charts.js';
import { stem } from './method.js';
import type { Inspection, Part, Section } from './result.js';

/** Pictures are enlarged to at least this width, each pixel to a square. */
const WIDTH = 192;

/** A picture of an inspection with the path of its file below the folder. */
interface PictureFile {
  readonly path: string;
  readonly picture: Picture;
}

/** Paths are `METHOD/NAME.png`; of a chart, its title. */
function filesOf({ method, parts }: Section): PictureFile[] {
  return parts.flatMap((part) => {
    if (part.kind === 'table') return [];
    if (part.kind !== 'pictures')
      return [{ path: `${method}/${stem(part.title)}.png`, picture: chartPicture(part) }];
    return part.pictures.map(({ name, picture }) => ({ path: `${method}/${name}.png`, picture }));
  });
}

/** An inspection as JSON can hold it: a picture is its size, and its file below the folder where it is written. */
export function inspectionJson({ face, sections, ...rest }: Inspection, written: boolean): object {
  const brief = ({ width, height, channels }: Picture, path: string): object => ({
    ...{ width, height, channels },
    ...(written && { file: path }),
  });
  const partJson = (part: Part, method: string): object => {
    if (part.kind === 'table') return part;
    if (part.kind !== 'pictures')
      return { ...part, ...(written && { file: `${method}/${stem(part.title)}.png` }) };
    const pictures = part.pictures.map(({ picture, ...words }) => ({
      ...words,
      ...brief(picture, `${method}/${words.name}.png`),
    }));
    return { ...part, pictures };
  };
  return {
    ...rest,
    face: face && { ...face, picture: brief(face.picture, 'face.png') },
    sections: sections.map((section) => ({
      ...section,
      parts: section.parts.map((part) => partJson(part, section.method)),
    })),
  };
}

/** Throws UsageError when something that is no folder has this name. */
export function checkFolder(folder: string): void {
  if (existsSync(folder) && !statSync(folder).isDirectory())
    throw new UsageError(`--out ${folder}: it is a file; expected a folder, or a name for a new one`);
}

/** Writes all pictures as PNG, and `inspect.json`. Creates the folder. Returns the number of pictures. Throws RunError. */
export function writeInspection(folder: string, inspection: Inspection): number {
  const { face, sections } = inspection;
  const own = face === undefined ? [] : [{ path: 'face.png', picture: face.picture }];
  const files = [...own, ...sections.flatMap(filesOf)];
  try {
    for (const { path, picture } of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writePicture(join(folder, path), enlarged(picture));
    }
    mkdirSync(folder, { recursive: true });
    atomicWrite(join(folder, 'inspect.json'), JSON.stringify(inspectionJson(inspection, true), null, 1));
  } catch (cause) {
    if (!isSystemError(cause)) throw cause;
    throw new RunError(`--out ${folder}: cannot be written (${cause.message}); expected a folder`, { cause });
  }
  return files.length;
}

function enlarged(picture: Picture): Picture {
  const times = Math.max(1, Math.ceil(WIDTH / picture.width));
  return resample(picture, picture.width * times, picture.height * times, 'nearest');
}
