import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { crc32c, encodeFileVersion, encodeScalars, maskedCrc } from '../../src/formats/tensorboard.js';
import type { StepEvent } from '../../src/train/events.js';
import { TensorboardLog } from '../../src/train/tensorboard_log.js';
import { fieldsOf } from '../helpers/protobuf.js';

/** The records of a file, both of their checksums checked. */
function records(file: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < file.length; ) {
    const length = Number(file.readBigUInt64LE(at));
    expect(file.readUInt32LE(at + 8)).toBe(maskedCrc(file.subarray(at, at + 8)));
    const data = file.subarray(at + 12, at + 12 + length);
    expect(file.readUInt32LE(at + 12 + length)).toBe(maskedCrc(data));
    found.push(data);
    at += length + 16;
  }
  return found;
}

function event(data: Buffer) {
  const of = new Map(fieldsOf(data));
  const summary = of.get(5);
  const values =
    summary instanceof Buffer ? fieldsOf(summary).map(([, v]) => new Map(fieldsOf(v as Buffer))) : [];
  return {
    wallTime: of.get(1),
    step: of.get(2),
    version: of.get(3)?.toString(),
    values: Object.fromEntries(values.map((v) => [String(v.get(1)), v.get(2)])),
  };
}

describe('TensorBoard event files', () => {
  it('have the checksums of RFC 3720', () => {
    const text = (s: string) => crc32c(Buffer.from(s));
    expect(text('123456789')).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
  });

  it('begin with the bytes that TensorFlow writes', () => {
    // wall_time 0; the length, its checksum and file_version are the same in every file of version 2.
    const file = Buffer.from(encodeFileVersion(0));
    expect(file.subarray(0, 12).toString('hex')).toBe('1800000000000000a37f4b22');
    expect(file.subarray(12, 36).toString('hex')).toBe(
      `090000000000000000${'1a0d'}${Buffer.from('brain.Event:2').toString('hex')}`,
    );
  });

  it('hold numbers by tag and step', () => {
    const values = { loss: 0.5, 'epoch/val_accuracy': 0.25 };
    const [data] = records(Buffer.from(encodeScalars({ wallTime: 12.5, step: 300_000, values })));
    expect(event(data as Buffer)).toEqual({ wallTime: 12.5, step: 300_000, version: undefined, values });
  });

  it('come from the events of a run', () => {
    const folder = join(mkdtempSync(join(tmpdir(), 'fer-tui-board-')), 'tensorboard');
    const log = new TensorboardLog(folder, () => 100);
    log.log({ type: 'step', step: 20, loss: 1.5, acc: 0.25, lr: 0.5 } as StepEvent);
    const numbers = { train: { loss: 1, acc: 0.5 }, val: { loss: 2, acc: 0.75, recall: [] } };
    const timing = { of: 3, lr: 0.5, imgPerS: 1, seconds: 1, etaS: null, best: false } as const;
    log.log({ v: 1, type: 'epoch', t: '', run: 'r1', epoch: 3, ...timing, ...numbers });
    log.log({ type: 'end', status: 'finished', exit: 0 });
    log.close();
    const [name = ''] = readdirSync(folder);
    expect(name).toMatch(/^events\.out\.tfevents\.100\./);
    const [first, step, epoch, ...rest] = records(readFileSync(join(folder, name))).map(event);
    expect(rest).toEqual([]);
    expect(first?.version).toBe('brain.Event:2');
    expect([first, step, epoch].map((record) => record?.wallTime)).toEqual([100, 100, 100]);
    expect([step?.step, step?.values]).toEqual([
      20,
      { 'step/loss': 1.5, 'step/accuracy': 0.25, 'step/learning_rate': 0.5 },
    ]);
    expect(epoch?.step).toBe(3);
    expect(epoch?.values).toEqual({
      ...{ 'epoch/loss': 1, 'epoch/accuracy': 0.5, 'epoch/val_loss': 2, 'epoch/val_accuracy': 0.75 },
    });
    new TensorboardLog(folder, () => 100).close(); // resumed within the second: the file goes on
    expect(records(readFileSync(join(folder, name)))).toHaveLength(4);
    const now = join(folder, 'now');
    const begin = Math.floor(Date.now() / 1000);
    new TensorboardLog(now).close();
    const [seconds = 0] = /\d+/.exec(readdirSync(now)[0] ?? '') ?? [];
    expect(Number(seconds)).toBeGreaterThanOrEqual(begin);
    expect(Number(seconds)).toBeLessThanOrEqual(Date.now() / 1000);
    expect(() => new TensorboardLog('/proc/none/x')).toThrow('cannot write /proc/none/x');
  });
});
