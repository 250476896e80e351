import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { encodeSafetensors } from '../../src/formats/safetensors.js';
import { refuseNonModels } from '../../src/train/not_a_model.js';
import { shippedModels } from '../../src/train/shipped_models.js';
import { verify } from '../../src/train/verify.js';
import { openModel, openNetwork } from '../../src/train/weights.js';
import { RunError } from '../../src/util/errors.js';

const TENSORS = new Map([['a', { shape: [2], data: Float32Array.of(1, 2) }]]);
const EXPECTED = `not a model; expected a .safetensors, .h5, .keras or .onnx file, or a network in models/: ${shippedModels().join(', ')}`;

it.each([
  ['a text', Buffer.from('Faces to label: 12\n'), 'a text file'],
  ['a short text', Buffer.from('hi\r\n'), 'a text file'],
  ['a long text', Buffer.from('Gesichter für später. '.repeat(999)), 'a text file'],
  ['a table', Buffer.from('emotion,pixels\n0,1 2 3\n'), 'a text file'],
  ['a text of PowerShell', Buffer.from('\ufeffmodel: r1\r\n', 'utf16le'), 'a text file'],
  ['JSON', Buffer.from('[{"a": 1}]'), 'a JSON file'],
  ['a picture', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), 'a PNG picture'],
  ['a document', Buffer.from('%PDF-1.7\n'), 'a PDF document'],
])('%s is named', (_, bytes, what) => {
  expect(() => refuseNonModels(bytes, 'm')).toThrow(new RunError(`m: ${what}, ${EXPECTED}`));
});

const whole = encodeSafetensors(TENSORS, { format: 'fer-tui 3' });

it.each([
  ['a .safetensors file', whole],
  ['one that is cut off', whole.subarray(0, 40)],
  ['numbers without a zero byte', Buffer.from('9f3c7fa2'.repeat(32), 'hex')],
  ['Latin-1 with control characters', Buffer.from('\x01\x02abc\x07', 'latin1')],
])('%s is left to its reader', (_, bytes) => {
  expect(() => refuseNonModels(bytes, 'm')).not.toThrow();
});

it('is said by every reader', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'fer-tui-text-')), 'notes.txt');
  writeFileSync(path, 'Faces to label: 12\n');
  const why = `a text file, ${EXPECTED}`;
  await expect(openModel(path)).rejects.toThrow(new RunError(`${path}: ${why}`));
  await expect(openNetwork(path)).rejects.toThrow(new RunError(`${path}: ${why}`));
  expect(await verify(path)).toEqual([{ path, state: 'damaged', why }]);
});
