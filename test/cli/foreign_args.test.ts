import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { warnOfGuess } from '../../src/cli/foreign_args.js';
import { toKeras } from '../../src/formats/keras_architecture.js';
import { Conv2D, Dense, Flatten } from '../../src/nn/layers.js';
import { Sequential } from '../../src/nn/network.js';
import { openEnsemble } from '../../src/train/ensemble.js';
import { newFolder, writeKeras2 } from '../helpers/keras_files.js';
import { randomWeights } from '../helpers/networks.js';

it('a model that ends in plain numbers opens, and what was added is said', async () => {
  const folder = newFolder();
  const network = new Sequential(
    'plain',
    [6, 6, 1],
    [Conv2D({ filters: 2 }), Flatten(), Dense({ units: 3 })],
  );
  const [path, json] = [join(folder, 'w.h5'), join(folder, 'model.json')];
  writeFileSync(json, JSON.stringify(toKeras(network)));
  await writeKeras2(path, network, randomWeights(network));
  const ensemble = await openEnsemble(path, {
    ...{ architecture: json, preprocess: 'none', classes: ['a', 'b', 'c'] },
  });
  const written: string[] = [];
  const spy = vi.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  try {
    warnOfGuess(ensemble, path);
    warnOfGuess(ensemble.members[0].saved, path);
    warnOfGuess({ softmaxAdded: [] }, path);
  } finally {
    spy.mockRestore();
  }
  const text = `${path} does not end in a softmax: plain numbers go through one, sigmoids are divided by their sum, which makes probabilities of them\n`;
  expect(written).toEqual([text, text]);
});
