import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { Study } from '../../dist/study/study.js';

/**
 * Takes a step of each of the studies 0, 1, 2, ... in a folder as soon as it is there, and writes what came of it to `N.taken`.
 * Holds all that it has taken until the file `done` is there.
 */
const [folder, count] = process.argv.slice(2);
const advisers = {
  sampler: { suggest: (number) => ({ lr: number }) },
  pruner: { next: () => ({ trial: 'new', epochs: 1 }) },
};
for (let i = 0; i < Number(count); i++) {
  while (!existsSync(`${folder}/${i}.ready`)) await wait(1);
  try {
    await Study.open(`${folder}/${i}`).take(advisers);
    writeFileSync(`${folder}/${i}.taken`, 'taken');
  } catch (error) {
    writeFileSync(`${folder}/${i}.taken`, `${error.name}: ${error.message}`);
  }
}
while (!existsSync(`${folder}/done`)) await wait(1);
