import { expect } from 'vitest';

/** Whether two typed arrays have the same bits; undefined, for Vitest to compare them, unless both are typed arrays with the same. */
function sameBits(a: unknown, b: unknown): true | undefined {
  if (!ArrayBuffer.isView(a) || !ArrayBuffer.isView(b) || a.constructor !== b.constructor) return undefined;
  const bytes = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
    new Uint8Array(buffer, byteOffset, byteLength);
  return Buffer.compare(bytes(a), bytes(b)) === 0 ? true : undefined;
}

// Vitest compares typed arrays key by key: those of a network take it seconds. Files share processes, where one time is enough.
const once = Symbol.for('fer-tui typed arrays are compared by their bits');
if (!Reflect.has(globalThis, once)) {
  Reflect.set(globalThis, once, true);
  expect.addEqualityTesters([sameBits]);
}
