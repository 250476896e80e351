import { createInterface } from 'node:readline';

/**
 * A round is so many repetitions, and more until it has taken LEAST_MS; it ends after MOST_MS. Short work needs many: the first
 * repetitions after another peer's turn are slow, because the processor's caches hold that peer's data.
 */
const REPEAT = 5;
const LEAST_MS = 500;
const MOST_MS = 5_000;

/**
 * Answers the lines of bench/peers.mjs: `train 28 fer-cnn` runs `jobs.train(28, 'fer-cnn')()` a few times, after one run to
 * warm up, and prints the milliseconds of one. A job that a peer cannot do throws; the reason is its answer. One that
 * returns before its work is done has a `settle`, which waits for all of it: the round ends there.
 * @param version that of the peer, told with each answer
 */
export function answer(version, jobs) {
  const prepared = new Map();
  const lines = createInterface({ input: process.stdin });
  lines.on('line', async (line) => {
    const [what, batch, model] = line.split(' ');
    try {
      let run = prepared.get(line);
      if (run === undefined) {
        run = await jobs[what](Number(batch), model);
        prepared.set(line, run);
        await run();
        await run.settle?.();
      }
      const begin = performance.now();
      const passed = () => performance.now() - begin;
      let runs = 0;
      while (runs === 0 || ((runs < REPEAT || passed() < LEAST_MS) && passed() < MOST_MS)) {
        await run();
        runs++;
      }
      await run.settle?.();
      console.log(JSON.stringify({ ms: passed() / runs, version }));
    } catch (error) {
      console.log(JSON.stringify({ note: String(error).split('\n')[0].slice(0, 80) }));
    }
  });
  lines.on('close', () => process.exit(0));
}
