import type { Picture } from '../util/picture.js';
import type { Mat, OpenCv } from './opencv.js';

/** Converts an OpenCV image (blue, green and red, or gray) to a picture, and releases it. */
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

/** Converts a picture to an OpenCV image. The caller must release it. */
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
