import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { needs } from '../helpers/needs.js';

describe('opening a model file of 25 MB', needs.full, () => {
  it('takes no more than three times its size, in every format', () => {
    const out = execFileSync(process.execPath, ['bench/load.mjs', '--rounds', '1'], { encoding: 'utf8' });
    const found = [...out.matchAll(/^model\.(\w+): 2\d\.\d MB,.* ([\d.]+) times the file$/gm)];
    expect(found.map(([, format]) => format)).toEqual(['h5', 'keras', 'safetensors', 'onnx']);
    for (const [line, , times] of found) expect(Number(times), line).toBeLessThan(3);
  });
});
