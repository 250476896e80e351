import { kernelTable } from '../../bench/kernels.js';
import { occupancyText } from '../../bench/occupancy.js';
import { BENCH_PARTS } from '../../bench/parts.js';
import { bar, figure, type Table } from '../../bench/report.js';
import { type BenchResult, compareBench, runBench } from '../../bench/run.js';
import { stepTable, waterfall } from '../../bench/steps.js';
import { atomicWrite, needPlace } from '../../util/atomic_write.js';
import { EXIT, isSystemError, RunError, UsageError } from '../../util/errors.js';
import { readForeignJson } from '../../util/foreign.js';
import type { BenchArgs } from '../declarations/bench.js';
import type { GlobalArgs } from '../declarations/globals.js';
import { writeJson } from '../run_command.js';
import { table } from '../table.js';

/** `fer-tui bench`: runs the benchmark. Exits with 1 if a kernel is wrong. */
export async function bench(args: BenchArgs & GlobalArgs): Promise<number> {
  const { filter, batch, seconds, quick, out, adapter, json, quiet } = args;
  if (!(Number.isInteger(batch) && batch >= 1 && batch <= 1024)) {
    throw new UsageError(`batch = ${batch}: expected a whole number in [1, 1024]`);
  }
  if (!(seconds > 0 && seconds <= 60))
    throw new UsageError(`seconds = ${seconds}: expected a number in (0, 60]`);
  if (out !== undefined) needPlace(out); // before minutes of measuring
  const old = args.compare === undefined ? undefined : readResult(args.compare);
  const parts = args.parts.length > 0 ? args.parts : BENCH_PARTS;
  const live = process.stderr.isTTY === true && !quiet;
  const log = (text: string): void => void (live && process.stderr.write(`\r\x1b[K${text}`));
  const result = await runBench({ parts, filter, batch, seconds, quick, adapter, log });
  log('');
  if (out !== undefined) atomicWrite(out, `${JSON.stringify(result, null, 1)}\n`);
  const comparison = old && compareBench(old, result);
  if (json) writeJson({ v: 1, type: 'result', ...result, ...(comparison && { comparison }) });
  else process.stdout.write(benchText(result) + (old ? comparisonText(old, result) : ''));
  return result.kernels?.some(({ wrong }) => wrong) ? EXIT.bug : EXIT.done;
}

/** Reads the result of an earlier benchmark. Throws RunError where the file cannot be read, UsageError for another one. */
export function readResult(path: string): BenchResult {
  try {
    const result = readForeignJson(path, 'the result of a benchmark') as object as BenchResult;
    comparisonText(result, result); // throws where it lacks what is compared
    if (result.kernels === undefined && result.steps === undefined) throw new Error('nothing to compare');
    return result;
  } catch (cause) {
    if (cause instanceof RunError && isSystemError(cause.cause)) throw cause;
    throw new UsageError(`${path}: not the result of a benchmark; expected a file written by --out`, {
      cause,
    });
  }
}

/** Formats a benchmark as tables with bars. */
export function benchText({ adapter, cpu, ceilings, kernels, steps, start }: BenchResult): string {
  const parts = [
    `${adapter}, ${cpu}\nceilings: ${figure(ceilings.gflops)} GFLOP/s, ${figure(ceilings.gbytes)} GB/s, ${figure(1e3 * ceilings.launchMs)} µs to start a dispatch\n`,
  ];
  if (kernels) parts.push(tableText(kernelTable(kernels)));
  if (steps) {
    parts.push(tableText(stepTable(steps)));
    const [first] = steps;
    if (first?.occupancy) parts.push(`${first.name}: ${occupancyText(first.occupancy)}\n`);
    if (first?.kernels) {
      const { total, table: rows } = waterfall(first.kernels);
      const { dispatches = 0 } = first;
      const starts = `starting ${dispatches} dispatches takes ${figure(dispatches * ceilings.launchMs)} ms`;
      parts.push(`${first.name}: ${figure(total)} ms of device time; ${starts}\n${tableText(rows)}`);
    } else {
      parts.push(`single kernels of a step are not timed: ${adapter} has no timestamp queries\n`);
    }
  }
  if (start) {
    const { cold, warm } = start;
    parts.push(
      `first step after process start: cold ${figure(cold.seconds)} s, warm ${figure(warm.seconds)} s\n`,
    );
  }
  return parts.join('\n');
}

/** Formats a comparison of two benchmarks. A bar of half its width stands for a ratio of 1. */
export function comparisonText(old: BenchResult, now: BenchResult): string {
  const rows = compareBench(old, now).map(({ name, before, now: after, verdict }) => {
    const ratio = before.median / after.median;
    return [name, figure(before.median), figure(after.median), figure(ratio), bar(ratio / 2, 20), verdict];
  });
  return `\n${table(['what', 'ms before', 'ms now', 'ratio', '', 'verdict'], rows)}`;
}

/** Formats a table. */
export function tableText({ head, rows }: Table): string {
  return table(head, rows);
}
