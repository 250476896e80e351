import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AnnotatedFiles } from '../../src/vision/annotated_files.js';
import { runCli } from '../helpers/cli.js';
import { temporary } from './fixtures.js';

const picture = { width: 1, height: 1, channels: 1, data: Uint8Array.of(7) } as const;

describe('annotated photographs', () => {
  it('of equal names from different folders do not overwrite each other', () => {
    const folder = join(temporary(), 'out');
    const files = new AnnotatedFiles({ folder });
    const paths = ['a/x.png', 'b/x.png', 'c/X.PNG', 'x.webp', 'x-2.jpg', 'y.jpeg'];
    const names = ['x.png', 'x-2.png', 'X-3.PNG', 'x-4.png', 'x-2.jpg', 'y.jpeg'];
    expect(paths.map((path) => files.write(path, picture))).toEqual(names.map((name) => join(folder, name)));
    expect(readdirSync(folder).sort()).toEqual([...names].sort());
  });

  it('do not overwrite the photographs', async () => {
    const folder = temporary();
    mkdirSync(join(folder, 'sub'));
    const image = join(folder, 'x.png');
    writeFileSync(image, 'x');
    for (const [images, out] of [
      [[image], image],
      [[image], folder],
      [[folder], folder],
      [['/nowhere.png', image], join(folder, 'sub', '..')],
    ] as const) {
      const { code, stderr } = await runCli(['detect', ...images, '--out', out]);
      expect([code, stderr]).toEqual([2, expect.stringContaining('it would overwrite the input image')]);
    }
  });
});
