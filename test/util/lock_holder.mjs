import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { underLock } from '../../dist/util/lock.js';

/** Counts in a file under a lock, slowly: reads the number, and writes the next. `killed`: until it is killed. */
const [folder, counter, times, mode] = process.argv.slice(2);
for (let i = 0; i < Number(times); i++) {
  await underLock(folder, () => {
    const count = Number(readFileSync(counter, 'utf8'));
    const end = performance.now() + 1;
    while (performance.now() < end);
    if (mode === 'killed' && i === Number(times) - 1) process.kill(process.pid, 'SIGKILL');
    writeFileSync(counter, String(count + 1));
    appendFileSync(`${counter}.log`, `${count + 1}\n`);
  });
}
