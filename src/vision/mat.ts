import type { Picture } from '../util/picture.js';
import type { Mat, OpenCv } from './opencv.js';

/** A frame of OpenCV (blue, green, red, or gray) as a picture. Releases it. */
export function pictureOf(cv: OpenCv, mat: Mat): Picture {
  try {
    const { cols: width, rows: height } = mat;
    if (mat.channels === 1) return { width, height, channels: 1, data: mat.getData() };
    const rgb = mat.cvtColor(cv.COLOR_BGR2RGB);
    try {
      return { width, height, channels: 3, data: rgb.getData() };
    } finally {
      rgb.release();
    }
  } finally {
    mat.release();
  }
}

/** A picture as OpenCV wants it. The caller releases it. */
export function matOf(cv: OpenCv, { width, height, channels, data }: Picture): Mat {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const mat = new cv.Mat(bytes, height, width, channels === 1 ? cv.CV_8UC1 : cv.CV_8UC3);
  if (channels === 1) return mat;
  try {
    return mat.cvtColor(cv.COLOR_RGB2BGR);
  } finally {
    mat.release();
  }
}
