import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { loadDataset } from '../../src/data/load.js';
import type { Split } from '../../src/data/types.js';

it('drawn faces are the same in every version: runs and model cards are measured on them', async () => {
  const { splits } = await loadDataset('synthetic:70');
  const hash = (split: Split): string => createHash('sha256').update(split.images).digest('hex').slice(0, 16);
  expect(Object.values(splits).map(hash)).toEqual([
    '5cf25f229ddb0c34',
    'b4612414c89a4fcc',
    'fd652bbf89e67bd0',
  ]);
});
