import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/util/errors.js';
import { FaceTable } from '../../src/vision/face_table.js';
import { parseRegion } from '../../src/vision/region.js';
import { temporary } from './fixtures.js';
import { CLASSIFIER, FACE, run, scripted } from './scripted.js';

describe('--csv', () => {
  const folder = temporary();

  it('has a line for every face of every frame, each at once in the file', async () => {
    const path = join(folder, 'faces.csv');
    const table = new FaceTable(path, CLASSIFIER.classes);
    const lines: number[] = [];
    const second = { ...FACE, x: 40.4, y: 1.5 };
    const source = scripted([{}, { t: 0.31, path: 'a "b", c.png' }]);
    await run(source, [FACE, second], { table }, ({ type }) => {
      if (type === 'frame') lines.push(readFileSync(path, 'utf8').trimEnd().split('\n').length);
    });
    expect(lines).toEqual([3, 5]);
    expect(readFileSync(path, 'utf8').trimEnd().split('\n')).toEqual([
      'time,frame,file,track,x,y,width,height,label,A,B,C',
      '0.000,0,,1,10,8,20,20,B,0.1000,0.7000,0.2000',
      '0.000,0,,2,40,2,20,20,B,0.1000,0.7000,0.2000',
      '0.310,1,"a ""b"", c.png",1,10,8,20,20,B,0.1000,0.7000,0.2000',
      '0.310,1,"a ""b"", c.png",2,40,2,20,20,B,0.1000,0.7000,0.2000',
    ]);
  });

  it('keeps its columns when another model has other classes', () => {
    const path = join(folder, 'other.csv');
    const table = new FaceTable(path, ['A', 'B']);
    const face = { track: 1, box: FACE, label: 'C', probabilities: [0.75, 0.25] };
    table.add({ index: 0, t: 0 }, [face], ['C', 'B']);
    table.close();
    expect(readFileSync(path, 'utf8')).toContain('20,20,C,,0.2500\n');
  });

  it('writes over nothing, and needs a folder', () => {
    const path = join(folder, 'there.csv');
    writeFileSync(path, 'mine');
    expect(() => new FaceTable(path, [])).toThrow(
      new UsageError(`--csv ${path}: the file exists; choose another name`),
    );
    expect(() => new FaceTable('/nowhere/a.csv', [])).toThrow(
      '--csv /nowhere/a.csv: there is no folder /nowhere',
    );
    expect(readFileSync(path, 'utf8')).toBe('mine');
  });
});

describe('--roi', () => {
  it('is four numbers', () => {
    expect(parseRegion('1, 2,30,40')).toEqual({ x: 1, y: 2, width: 30, height: 40 });
    for (const bad of ['', '1,2,3', '1,2,3,4,5', '1,2,0,4', '-1,2,3,4', '1,2,3,x', '1,2,3,4.5']) {
      expect(() => parseRegion(bad), bad).toThrow(UsageError);
    }
  });
});
