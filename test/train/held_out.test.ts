import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { holdOut } from '../../src/data/hold_out.js';
import { faceId } from '../../src/data/labels_file.js';
import { loadDataset, loadSource } from '../../src/data/load.js';
import type { Split } from '../../src/data/types.js';
import { resolveConfig } from '../../src/train/config.js';
import { Control } from '../../src/train/control.js';
import { dataOptions } from '../../src/train/data_options.js';
import { readEvents } from '../../src/train/event_log.js';
import { resumeTraining, runTraining } from '../../src/train/session.js';
import { folderWith, png } from '../data/fixtures.js';
import { describeGpu } from '../helpers/gpu.js';
import { sharedPlace } from '../helpers/place.js';

const place = sharedPlace();

/** Data without validation images: thirty faces of each of two classes, no two alike. */
function unsplit(): string {
  const faces = Array.from({ length: 60 }, (_, i) => [
    `${i % 2 === 0 ? 'happy' : 'sad'}/${i}.png`,
    png([i * 4, i * 4, i * 4], 8, 8),
  ]);
  return folderWith(Object.fromEntries(faces));
}

const facesIn = (split: Split): string[] => Array.from(split.labels, (_, row) => faceId(split, row)).sort();
const TINY = { model: 'fer-shallow', filters: '4', dense: '4', batch: 9, 'max-steps': 2, epochs: 1 };
const hooks = () => ({ emit: () => undefined, control: new Control(), place });

it('no seed of a training decides what is held out', async () => {
  const data = unsplit();
  const { validation } = (await loadDataset(data)).splits;
  expect(validation.labels).toHaveLength(6);
  for (const seed of [3, 8]) {
    const { splits } = await loadDataset(data, dataOptions({ seed }));
    expect(facesIn(splits.validation)).toEqual(facesIn(validation));
  }
});

describeGpu('a run on data without validation images', () => {
  it('goes on with the division that it began with, also if an earlier version began it', async () => {
    const [data, out] = [unsplit(), join(folderWith({}), 'run')];
    await runTraining(resolveConfig({ ...TINY, data, seed: 3, out }), hooks());
    const heldOutBy = async (): Promise<string[]> => {
      const options = dataOptions({ seed: 3 }, out);
      return facesIn((await loadDataset(data, options)).splits.validation);
    };
    const source = await loadSource(data);
    expect(await heldOutBy()).toEqual(facesIn(holdOut(source).splits.validation));

    // Earlier versions held out images by the seed of the training, and their logs tell neither that nor a hash of the data.
    const log = join(out, 'events.ndjson');
    const unsaid = /,"(?:heldOutSeed":\d+|sha256":"[0-9a-f]+")/g;
    writeFileSync(log, readFileSync(log, 'utf8').replaceAll(unsaid, ''));
    const before = facesIn(holdOut(source, 3).splits.validation);
    expect(await heldOutBy()).toEqual(before);
    await resumeTraining(out, hooks());
    expect(await heldOutBy()).toEqual(before);
    const starts = readEvents(log).filter((event) => event.type === 'start');
    expect(starts.map((event) => event.data.heldOutSeed)).toEqual([undefined, 3]);
  });
});
