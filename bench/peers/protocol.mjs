import { createInterface } from 'node:readline';

/** A round is this many repetitions, or as many as fit in the time. */
const REPEAT = 5;
const MOST_MS = 5_000;

/**
 * Answers the lines of bench/peers.mjs: `train 28 fer-cnn` runs `jobs.train(28, 'fer-cnn')()`, after one run to warm up,
 * a few times, and prints the milliseconds of one. A job that a peer cannot do throws; the reason is its answer. One that
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
      let runs = 0;
      while (runs < REPEAT && (runs === 0 || performance.now() - begin < MOST_MS)) {
        await run();
        runs++;
      }
      await run.settle?.();
      console.log(JSON.stringify({ ms: (performance.now() - begin) / runs, version }));
    } catch (error) {
      console.log(JSON.stringify({ note: String(error).split('\n')[0].slice(0, 80) }));
    }
  });
  lines.on('close', () => process.exit(0));
}
