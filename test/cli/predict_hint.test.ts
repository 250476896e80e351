import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { cropHint } from '../../src/cli/whole_faces.js';

/** [width, height of the picture, edge of the face] by path; none: no face. */
const found = vi.hoisted(() => ({
  asked: [] as string[],
  faces: {} as Record<string, [number, number, number]>,
}));
vi.mock('../../src/vision/find_faces.js', () => ({
  findFaces: async (paths: string[]) => {
    found.asked = paths;
    return paths.map((path) => {
      const [width = 100, height = 100, edge] = found.faces[path] ?? [];
      const faces = edge === undefined ? [] : [{ box: { x: 0, y: 0, width: edge, height: edge } }];
      return { path, width, height, faces };
    });
  },
}));

it('predict advises --detect where a face is clearly smaller than its picture', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fer-tui-hint-'));
  const file = (name: string, bytes: number): string => {
    writeFileSync(join(folder, name), Buffer.alloc(bytes));
    return join(folder, name);
  };
  const [crop, photo, small, none] = [
    file('crop', 6000),
    file('photo', 9000),
    file('small', 5999),
    file('none', 9000),
  ];
  found.faces = { [crop]: [224, 224, 150], [photo]: [640, 480, 200], [small]: [640, 480, 99] };
  expect(await cropHint([crop, none, small])).toBeUndefined();
  expect(found.asked).toEqual([crop, none]); // small files are face crops
  expect(await cropHint([crop, photo])).toBe(
    `${photo}: the picture of 640 x 480 was classified as one face, but its face takes only 200 x 200; --detect finds the faces first`,
  );
  const coloured = file('b\u001b[31m', 9000); // a name that a folder has, not a user
  found.faces[coloured] = [640, 480, 200];
  expect(await cropHint([coloured])).toContain(`${folder}/b\\x1b[31m: the picture`);
  expect(await cropHint([photo, photo])).toContain('200 x 200, and 1 more like it;');
  await cropHint(new Array(30).fill(photo));
  expect(found.asked).toHaveLength(20);
});
