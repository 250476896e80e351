import { expect, it } from 'vitest';
import { speedText, workersText } from '../../src/cli/queue_lines.js';
import { queueAddress } from '../../src/queue/address.js';

it('workers are listed with their speeds; without one, it says how to start one, without the password', () => {
  const card = { name: 'w1', host: 'h', version: '1', adapter: 'A', gflops: 999.4 };
  const address = queueAddress('redis://:secret@host', {});
  expect(speedText(card)).toBe('A, 999 GFLOP/s');
  expect(speedText({ ...card, gflops: 12_340 })).toBe('A, 12.3 TFLOP/s');
  expect(workersText([card, { ...card, name: 'w2', gflops: 1000 }], address)).toBe(
    '2 workers: w1 (A, 999 GFLOP/s), w2 (A, 1.0 TFLOP/s)',
  );
  expect(workersText([], address)).toBe('no worker yet; start one: fer-tui worker --queue redis://host:6379');
});
