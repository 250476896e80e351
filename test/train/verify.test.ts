import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toKeras } from '../../src/formats/keras_architecture.js';
import { encodeSafetensors } from '../../src/formats/safetensors.js';
import { sizeOf } from '../../src/gpu/shape.js';
import { buildModel } from '../../src/nn/models.js';
import { saveCheckpoint } from '../../src/train/checkpoint.js';
import { saveModel } from '../../src/train/model_file.js';
import { verify } from '../../src/train/verify.js';
import { saveH5 } from '../../src/train/weights.js';
import { KERAS_3 } from '../formats/keras_samples.js';
import { kerasZip, writeNumberedWeights } from '../helpers/keras_files.js';

const network = buildModel('fer-shallow', { classes: 2 });
const weights = new Map(
  network.weights.map(({ name, shape }) => [name, { shape, data: new Float32Array(sizeOf(shape)).fill(1) }]),
);
const saved = { network, weights, classes: ['a', 'b'], notes: {}, preprocess: { name: 'none' } } as const;

/** A folder as a run leaves it. */
function runFolder(): string {
  const folder = join(mkdtempSync(join(tmpdir(), 'fer-tui-verify-')), 'r1');
  mkdirSync(join(folder, 'epochs'), { recursive: true });
  for (const name of ['best', 'epochs/1']) saveModel(join(folder, `${name}.safetensors`), saved);
  const learner = { weights, optimizer: new Map(), stepCount: 1, learningRate: 1, averaged: 0 };
  const trainer = {
    ...{ epoch: 1, index: 0, sums: { loss: 0, correct: 0, count: 0 }, rate: 1, early: false },
    ...{ callbacks: {}, seconds: 1 },
  };
  saveCheckpoint(join(folder, 'checkpoint.safetensors'), learner, trainer);
  writeFileSync(join(folder, 'config.json'), '{}');
  writeFileSync(join(folder, 'events.ndjson'), '{"type":"error","message":"m"}\n');
  writeFileSync(join(folder, 'lock'), 'not looked at');
  return folder;
}

/** States and reasons by the name of the file. */
const verdicts = async (folder: string) =>
  Object.fromEntries(
    (await verify(folder)).map(({ path, state, why }) => [path.slice(folder.length + 1), `${state}: ${why}`]),
  );

/** Flips a bit in the middle of a file. */
function flip(path: string): void {
  const bytes = readFileSync(path);
  const at = bytes.length >> 1;
  bytes.writeUInt8((bytes[at] as number) ^ 1, at);
  writeFileSync(path, bytes);
}

describe('a run', () => {
  it('that is intact has files with fitting checksums, and files without any', async () => {
    expect(await verdicts(runFolder())).toEqual({
      'best.safetensors': 'verified: ',
      'checkpoint.safetensors': 'verified: ',
      'epochs/1.safetensors': 'verified: ',
      'config.json': 'readable: its format has no checksum',
      'events.ndjson': 'readable: its format has no checksum',
    });
  });

  it('tells of each damaged file what is wrong, and of the others that they are intact', async () => {
    const folder = runFolder();
    flip(join(folder, 'checkpoint.safetensors'));
    flip(join(folder, 'epochs', '1.safetensors'));
    writeFileSync(join(folder, 'config.json'), '{');
    appendFileSync(join(folder, 'events.ndjson'), '{"type":"odd"}\n');
    const told = await verdicts(folder);
    expect(told).toMatchObject({
      'best.safetensors': 'verified: ',
      'config.json': 'damaged: it is not JSON',
      'events.ndjson': 'damaged: line 2 is not an event of a run',
    });
    for (const name of ['checkpoint.safetensors', 'epochs/1.safetensors']) {
      expect(told[name]).toMatch(/^damaged: its checksum does not fit its content;/);
    }
  });

  it.each(['nowhere', tmpdir()])('is expected, not %s', async (path) => {
    await expect(verify(path)).rejects.toThrow(
      /there is no such file or folder|expected a run or a model file/,
    );
  });
});

describe('a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fer-tui-verify-'));
  const stateOf = async (name: string) => (await verify(join(folder, name)))[0];

  it('of Keras is readable as .h5, and verified as .keras, whose zip has checksums', async () => {
    await saveH5(join(folder, 'w.h5'), saved);
    expect(await stateOf('w.h5')).toMatchObject({ state: 'readable', why: 'its format has no checksum' });
    const [h5, zip] = [join(folder, 'numbered.h5'), join(folder, 'm.keras')];
    await writeNumberedWeights(h5, []);
    writeFileSync(zip, kerasZip(KERAS_3, h5).subarray(0, 200));
    expect(await stateOf('m.keras')).toMatchObject({ state: 'damaged' });
  });

  it('of weights alone is readable; with its architecture it is compared with it', async () => {
    const path = join(folder, 'alone.weights.h5');
    await writeNumberedWeights(path, [{ folder: 'dense', weights: [...weights.values()].slice(0, 1) }]);
    expect(await stateOf('alone.weights.h5')).toMatchObject({
      state: 'readable',
      why: 'it holds only weights; give --model FILE.json to compare them with their network',
    });
    const architecture = join(folder, 'alone.json');
    writeFileSync(architecture, JSON.stringify(toKeras(network)));
    expect((await verify(path, { architecture }))[0]).toMatchObject({ state: 'damaged' });
  });

  it('of an earlier version, without a checksum, is readable', async () => {
    saveModel(join(folder, 'old.safetensors'), saved);
    const text = readFileSync(join(folder, 'old.safetensors')).toString('latin1');
    const old = text
      .replace(/"sha256":"\w{64}"/, `"unknown":"${'0'.repeat(63)}"`)
      .replace('fer-tui 3', 'fer-tui 2');
    writeFileSync(join(folder, 'old.safetensors'), old, 'latin1');
    expect(await stateOf('old.safetensors')).toMatchObject({
      state: 'readable',
      why: 'another program or an earlier version wrote it, without a checksum of ours',
    });
  });

  it('is damaged that has a weight without a shape, weights of another network, or too few names of classes', async () => {
    const header = Buffer.from('{"w":null}      ');
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    writeFileSync(join(folder, 'null.safetensors'), Buffer.concat([length, header]));
    expect(await stateOf('null.safetensors')).toMatchObject({ state: 'damaged' });
    const path = join(folder, 'few.safetensors');
    saveModel(path, { ...saved, weights: new Map([...weights].slice(1)) });
    expect(await stateOf('few.safetensors')).toMatchObject({ state: 'damaged' });
    saveModel(path, { ...saved, classes: ['a'] });
    expect(await stateOf('few.safetensors')).toMatchObject({ state: 'damaged' });
  });

  it('of another program is damaged as a file of fer-tui', async () => {
    writeFileSync(join(folder, 'other.safetensors'), encodeSafetensors(new Map(), {}));
    expect(await stateOf('other.safetensors')).toMatchObject({ state: 'damaged' });
    writeFileSync(join(folder, 'other.safetensors'), 'x');
    expect(await stateOf('other.safetensors')).toMatchObject({ state: 'damaged' });
  });
});
