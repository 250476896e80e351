import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { cacheFolder } from '../../src/util/cache_folder.js';
import { UsageError } from '../../src/util/errors.js';
import type { Picture } from '../../src/util/picture.js';
import type { DetectorOptions } from '../../src/vision/detector.js';
import { cropFace } from '../../src/vision/pixels.js';
import { decodeYuNet, type OUTPUTS, type YuNetGrid } from '../../src/vision/yunet.js';
import { findYuNet, YuNetDetector } from '../../src/vision/yunet_detector.js';
import { FakeOpenCv } from './fake_opencv.js';

/** A face in pixels of the network's picture, as a cell says it. */
interface Said {
  readonly cell: number;
  readonly middle: readonly [number, number];
  readonly size: readonly [number, number];
  readonly cls: number;
  readonly obj: number;
  readonly points: readonly number[];
}

/** Encodes faces by the definition of the format, for a grid of cols x rows cells. */
function encoded(stride: number, cols: number, rows: number, faces: readonly Said[]): YuNetGrid {
  const cells = cols * rows;
  const grid = {
    ...{ stride, cols },
    ...{ cls: new Float32Array(cells), obj: new Float32Array(cells) },
    ...{ bbox: new Float32Array(4 * cells), kps: new Float32Array(10 * cells) },
  };
  for (const { cell, middle, size, cls, obj, points } of faces) {
    const corner = [(cell % cols) * stride, Math.floor(cell / cols) * stride] as const;
    const offset = (v: number, i: number) => (v - (corner[i % 2] as number)) / stride;
    grid.cls[cell] = cls;
    grid.obj[cell] = obj;
    grid.bbox.set([...middle.map(offset), ...size.map((v) => Math.log(v / stride))], 4 * cell);
    grid.kps.set(points.map(offset), 10 * cell);
  }
  return grid;
}

const POINTS = [40, 50, 60, 58, 50, 60, 44, 70, 56, 72];
const FACE: Said = {
  ...{ cell: 4 * 12 + 5, middle: [50, 60], size: [40, 52], cls: 0.9, obj: 0.8, points: POINTS },
};

describe('the outputs of YuNet', () => {
  it('are boxes, scores and five points in pixels, for each grid', () => {
    for (const [stride, cell] of [
      [8, 53],
      [16, 40],
      [32, 7],
    ] as const) {
      const [face, ...others] = decodeYuNet([encoded(stride, 12, 10, [{ ...FACE, cell }])], 0.5, 0.3);
      expect(others).toEqual([]);
      expect(face?.score).toBeCloseTo(0.72, 6);
      const { x = 0, y = 0, width = 0, height = 0 } = face?.box ?? {};
      expect([x, y, width, height].map((v) => Number(v.toFixed(3)))).toEqual([30, 34, 40, 52]);
      const points = face?.points.flatMap((point) => [point.x, point.y]) ?? [];
      expect(points.map((v) => Number(v.toFixed(3)))).toEqual(POINTS);
    }
  });

  it('name a face once, by its best cell, and leave out what scores less than asked', () => {
    const near: Said = { ...FACE, cell: 54, middle: [53, 60], cls: 1 };
    const far: Said = { ...FACE, cell: 90, middle: [90, 70], obj: 0.6 };
    const weak: Said = { ...FACE, cell: 10, middle: [20, 15], cls: 0.5 };
    const grids = [
      encoded(8, 12, 10, [FACE, far]),
      encoded(16, 12, 10, [{ ...near, cell: 30 }]),
      encoded(32, 6, 5, [weak]),
    ];
    const scores = decodeYuNet(grids, 0.5, 0.3).map(({ score }) => Number(score.toFixed(3)));
    expect(scores).toEqual([0.8, 0.54]);
    expect(decodeYuNet(grids, 0.4, 0.3)).toHaveLength(3);
    expect(decodeYuNet(grids, 0.5, 0.99)).toHaveLength(3);
  });
});

describe('the detector with YuNet', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fer-tui-yunet-'));
  const path = join(folder, 'face_yunet.onnx');
  writeFileSync(path, '');
  const OPTIONS: DetectorOptions = {
    ...{
      kind: 'yunet',
      model: path,
      eyes: false,
      profile: false,
      minFace: 48,
      scaleFactor: 1.1,
      neighbours: 4,
      scale: 0.5,
    },
  };
  const colours: Picture = { width: 192, height: 128, channels: 3, data: new Uint8Array(192 * 128 * 3) };
  const asked: string[] = [];
  const cv = () =>
    new FakeOpenCv({
      nets: {
        [path]: (output, cols, rows) => {
          asked.push(`${output} ${cols} x ${rows}`);
          const [name, stride] = output.split('_') as [keyof typeof OUTPUTS, string];
          const faces = stride === '8' ? [FACE] : [];
          return encoded(Number(stride), cols / Number(stride), rows / Number(stride), faces)[name];
        },
      },
    });

  it('answers with squares in pixels of the frame, and the roll of the eyes', async () => {
    const binding = cv();
    const [face, ...others] = await new YuNetDetector(binding, OPTIONS).detect(colours);
    expect(others).toEqual([]);
    expect(asked).toHaveLength(12);
    expect(asked[0]).toBe('cls_8 96 x 64');
    const edge = 1.07 * Math.sqrt(80 * 104);
    expect(face?.width).toBeCloseTo(edge, 3);
    expect(face?.height).toBeCloseTo(edge, 3);
    expect([(face?.x ?? 0) + edge / 2, (face?.y ?? 0) + edge / 2]).toEqual([
      expect.closeTo(100, 3),
      expect.closeTo(120, 3),
    ]);
    expect(face?.roll).toBeCloseTo(Math.atan2(8, 20), 5);
    expect(binding.held).toBe(0);
  });

  it.each([
    ['a score of 0.49', [{ cls: 0.7, obj: 0.7 }], 0],
    ['a score of 0.51', [{ cls: 0.75, obj: 0.68 }], 1],
    ['a quarter in common', [{}, { cell: 10, middle: [74, 60] }], 2],
    ['a third in common', [{}, { cell: 10, middle: [70, 60] }], 1],
  ] as const)('of faces with %s: finds %j as %i', async (_, changes, count) => {
    const faces = changes.map((change) => ({ ...FACE, ...change }));
    const net = (output: string, cols: number, rows: number): Float32Array => {
      const [name, stride] = output.split('_') as [keyof typeof OUTPUTS, string];
      const said = stride === '8' ? faces : [];
      return encoded(Number(stride), cols / Number(stride), rows / Number(stride), said)[name];
    };
    const found = await new YuNetDetector(new FakeOpenCv({ nets: { [path]: net } }), OPTIONS).detect(colours);
    expect(found).toHaveLength(count);
  });

  it('tells roll and place in a frame that was shrunk by more across than down', async () => {
    const wide: Picture = { width: 200, height: 130, channels: 3, data: new Uint8Array(200 * 130 * 3) };
    const [face] = await new YuNetDetector(cv(), OPTIONS).detect(wide);
    const [sx, sy] = [200 / 96, 130 / 64];
    expect(asked.at(-1)).toMatch(/ 96 x 64$/);
    expect(face?.roll).toBeCloseTo(Math.atan2(8 * sy, 20 * sx), 6);
    expect((face?.x ?? 0) + (face?.width ?? 0) / 2).toBeCloseTo(50 * sx, 4);
    expect((face?.y ?? 0) + (face?.height ?? 0) / 2).toBeCloseTo(60 * sy, 4);
  });

  it('leaves out faces below the least size', async () => {
    expect(await new YuNetDetector(cv(), { ...OPTIONS, minFace: 120 }).detect(colours)).toEqual([]);
  });

  it('says what is missing, where to get it and where to put it; and what is another network', async () => {
    const missing = { ...OPTIONS, model: join(folder, 'none.onnx') };
    expect(() => new YuNetDetector(cv(), missing)).toThrow(UsageError);
    expect(() => new YuNetDetector(cv(), missing)).toThrow(
      /none\.onnx: there is no such file; get yunet_n_320_320\.onnx .* from github\.com\/ShiqiYu\/libfacedetection\.train, .* put it into .*fer-tui, or name it with --detector-model/,
    );
    expect(() => new YuNetDetector(new FakeOpenCv(), OPTIONS)).toThrow(
      'OpenCV cannot read it; expected YuNet',
    );
    const other = new FakeOpenCv({
      nets: {
        [path]: () => {
          throw new Error('no such layer');
        },
      },
    });
    await expect(new YuNetDetector(other, OPTIONS).detect(colours)).rejects.toThrow('is another network');
    expect(other.held).toBe(0);
  });

  it('is found by its name, in the first folder that has one', () => {
    const [one, two] = [join(folder, 'one'), join(folder, 'two')];
    for (const each of [one, two]) mkdirSync(each);
    expect(findYuNet([join(folder, 'nowhere'), one, two])).toBeUndefined();
    writeFileSync(join(two, 'face_detection_yunet_2023mar.onnx'), '');
    writeFileSync(join(one, 'other.onnx'), '');
    expect(findYuNet([one, two])).toBe(join(two, 'face_detection_yunet_2023mar.onnx'));
    for (const name of ['yunet_b.onnx', 'yunet_a.onnx']) writeFileSync(join(one, name), '');
    expect(findYuNet([one, two])).toBe(join(one, 'yunet_a.onnx'));
  });

  it('is looked for in the working folder, then in the cache folder', () => {
    const [here, cache] = ['here', 'cache'].map((name) => join(folder, name)) as [string, string];
    for (const each of [here, join(cache, 'fer-tui')]) mkdirSync(each, { recursive: true });
    const before = process.cwd();
    vi.stubEnv('XDG_CACHE_HOME', cache);
    process.chdir(here);
    try {
      expect(findYuNet()).toBeUndefined();
      writeFileSync(join(cacheFolder(), 'yunet_1.onnx'), '');
      expect(findYuNet()).toBe(join(cacheFolder(), 'yunet_1.onnx'));
      writeFileSync('yunet_2.onnx', '');
      expect(findYuNet()).toBe('yunet_2.onnx');
    } finally {
      process.chdir(before);
      vi.unstubAllEnvs();
    }
  });
});

describe('a face with a roll', () => {
  it('is turned, so that what lay along its eyes lies level', () => {
    // A bright band through the middle, turned clockwise by 30 degrees.
    const roll = Math.PI / 6;
    const data = Uint8Array.from({ length: 100 * 100 }, (_, i) => {
      const [x, y] = [(i % 100) - 49.5, Math.floor(i / 100) - 49.5];
      return Math.abs(y * Math.cos(roll) - x * Math.sin(roll)) < 4 ? 200 : 20;
    });
    const picture: Picture = { width: 100, height: 100, channels: 1, data };
    const box = { x: 26, y: 26, width: 48, height: 48 };
    const rowOf = (turned: Picture, y: number) => [...turned.data.subarray(48 * y, 48 * y + 48)];
    const level = cropFace(picture, { ...box, roll }, 0, 48);
    expect(Math.min(...rowOf(level, 23), ...rowOf(level, 24))).toBeGreaterThan(190);
    expect(Math.max(...rowOf(level, 12), ...rowOf(level, 36))).toBeLessThan(30);
    expect(Math.min(...rowOf(cropFace(picture, box, 0, 48), 23))).toBeLessThan(30);
  });
});
