import { expect, test } from 'vitest';
import { collectGarbage } from '../../src/util/memory.js';

test('a large buffer that nobody holds is given back, and no other', async () => {
  const held = new Uint8Array(1 << 20);
  let dropped: Uint8Array | undefined = new Uint8Array(1 << 20);
  const watched = [new WeakRef(held), new WeakRef(dropped)];
  dropped = undefined;
  await collectGarbage();
  expect(watched.map((reference) => reference.deref())).toEqual([held, undefined]);
});
