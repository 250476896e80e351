import { describe, expect, it } from 'vitest';
import { type PlacedLabel, viewFrame } from '../../src/tui/webcam_picture.js';
import type { Face, FrameMessage } from '../../src/vision/protocol.js';

const COLS = 64;
const ROWS = 24;

/** A face in cells of a screen of 64 x 24 that shows a frame of 640 x 480: 10 x 20 pixels each. */
function face(track: number, [x, y, width, height]: readonly [number, number, number, number]): Face {
  return {
    ...{ track, label: 'Surprise', probabilities: [0.13, 0.87] },
    box: { x: 10 * x, y: 20 * y, width: 10 * width, height: 20 * height },
  };
}

function labelsOf(faces: readonly Face[], focus = 1): readonly PlacedLabel[] {
  const picture = { width: 320, height: 240, channels: 3 as const, data: new Uint8Array(320 * 240 * 3) };
  const frame: FrameMessage = {
    ...{ type: 'frame', frame: 0, t: 0, width: 640, height: 480, faces, leftOut: 0, picture },
    ...{ ms: { capture: 0, detect: 0, classify: 0 }, fps: 15, dropped: 0 },
  };
  const capability = { color: 'truecolor', glyphs: 'unicode', graphics: undefined } as const;
  return viewFrame(frame, { cols: COLS, rows: ROWS }, capability, focus).labels;
}

/** Cells of these labels that lie on the box of a face, apart from the box of their own face. */
function coveredCells(
  labels: readonly PlacedLabel[],
  faces: readonly Face[],
  own: readonly number[],
): number {
  const boxes = faces.map(({ track, box }) => ({ track, ...box }));
  return labels
    .flatMap(({ x, y, text }, i) => Array.from(text, (_, at) => ({ x: x + at, y, owner: own[i] })))
    .filter((cell) =>
      boxes.some(
        (box) =>
          box.track !== cell.owner &&
          10 * cell.x < box.x + box.width &&
          box.x < 10 * (cell.x + 1) &&
          20 * cell.y < box.y + box.height &&
          box.y < 20 * (cell.y + 1),
      ),
    ).length;
}

describe('labels on the screen of the camera', () => {
  it('stand above their box, and below it at the top of the frame', () => {
    expect(labelsOf([face(1, [20, 5, 16, 8])])).toEqual([
      { x: 20, y: 4, text: ' Surprise 87 % ', focused: true },
    ]);
    expect(labelsOf([face(1, [20, 0, 16, 8])])).toMatchObject([{ x: 20, y: 8 }]);
  });

  it('do not cover the face beside', () => {
    // The label above the left one would reach into the right one, which is higher.
    const faces = [face(1, [10, 6, 8, 5]), face(2, [19, 2, 8, 12])];
    const labels = labelsOf(faces);
    expect(labels).toHaveLength(2);
    expect(coveredCells(labels, faces, [1, 2])).toBe(0);
  });

  it('are the expression alone where there is room for no more', () => {
    // Between two faces that leave nine cells.
    const faces = [face(1, [10, 8, 9, 5]), face(2, [0, 0, 10, 24]), face(3, [19, 0, 10, 24])];
    const [own] = labelsOf(faces);
    expect(own).toMatchObject({ text: 'Surprise', y: 7, focused: true });
    expect(coveredCells(own === undefined ? [] : [own], faces, [1])).toBe(0);
  });

  it('never cover each other; that of the face in focus stays', () => {
    const crowd = Array.from({ length: 12 }, (_, i) => face(i, [2 * i, i % 3, 5, 3]));
    const labels = labelsOf(crowd, 7);
    expect(labels.filter(({ focused }) => focused)).toHaveLength(1);
    const cells = labels.flatMap(({ x, y, text }) => Array.from(text, (_, at) => `${x + at} ${y}`));
    expect(new Set(cells).size).toBe(cells.length);
    expect(labels.every(({ x, y, text }) => x >= 0 && y >= 0 && x + text.length <= COLS && y < ROWS)).toBe(
      true,
    );
  });
});
