/**
 * Faults for the soak, loaded before the program with `node --import`. FER_SOAK_FAULT says which, FER_SOAK_SEED when:
 *
 *   enospc, eio   from some write on, the next five fail as on a full or broken disk
 *   slow          every flush to the disk takes 0.3 s
 *   clock         the clock of the day jumps by up to a day, forward and back
 *   device        the GPU device is lost
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { globals } from 'webgpu';

const fault = process.env.FER_SOAK_FAULT ?? '';
let state = Number(process.env.FER_SOAK_SEED ?? 1);
/** A number between 0 and 1 (the generator of Park and Miller). */
const random = () => {
  state = (state * 48_271) % 0x7fff_ffff;
  return state / 0x7fff_ffff;
};
for (let i = 0; i < 5; i++) random(); // neighbouring seeds begin alike

const FAULTS = {
  enospc: () => failWrites('ENOSPC', 'no space left on device'),
  eio: () => failWrites('EIO', 'i/o error'),
  slow: slowFlushes,
  clock: jumpingClock,
  device: loseDevice,
};
FAULTS[fault]?.();

function failWrites(code, words) {
  const first = Math.floor(random() * 30);
  let writes = 0;
  const { writeSync } = fs;
  fs.writeSync = (...args) => {
    if (args[0] <= 2) return writeSync(...args); // the terminal's
    const at = writes++;
    if (at < first || at >= first + 5) return writeSync(...args);
    throw Object.assign(new Error(`${code}: ${words}, write`), { code, syscall: 'write' });
  };
  syncBuiltinESMExports();
}

function slowFlushes() {
  const { fsyncSync } = fs;
  const cell = new Int32Array(new SharedArrayBuffer(4));
  fs.fsyncSync = (file) => {
    Atomics.wait(cell, 0, 0, 300);
    fsyncSync(file);
  };
  syncBuiltinESMExports();
}

function jumpingClock() {
  const { now } = Date;
  const begin = now();
  const jumps = Array.from({ length: 8 }, () => ({
    after: random() * 20_000,
    by: (random() - 0.5) * 172_800_000,
  }));
  Date.now = () => {
    const real = now();
    return real + jumps.reduce((sum, { after, by }) => (real - begin > after ? by : sum), 0);
  };
}

function loseDevice() {
  const { requestDevice } = globals.GPUAdapter.prototype;
  globals.GPUAdapter.prototype.requestDevice = async function (...args) {
    const device = await requestDevice.apply(this, args);
    setTimeout(() => device.destroy(), 1000 + random() * 12_000).unref();
    return device;
  };
}
