import { changedText } from '../../train/continuation.js';
import { duration } from '../../train/printer.js';
import {
  differingSettings,
  findRun,
  historyCsv,
  listRuns,
  progressText,
  progressWords,
  type RunReport,
} from '../../train/runs.js';
import { epochSeries, legend, lineChart, type Series } from '../../tui/charts/line_chart.js';
import { detectCapability } from '../../tui/paint/capability.js';
import { makeTheme } from '../../tui/theme.js';
import { percent } from '../../util/axis.js';
import { EXIT } from '../../util/errors.js';
import { minute } from '../../util/minute.js';
import { printable } from '../../util/printable.js';
import { terminalSize } from '../../util/terminal_size.js';
import type { GlobalArgs } from '../declarations/globals.js';
import type { CompareRunsArgs, ExportHistoryArgs, ListRunsArgs, ShowRunArgs } from '../declarations/runs.js';
import { writeJson } from '../run_command.js';
import { table } from '../table.js';

/** `fer-tui runs`: lists the runs in a folder. */
export async function runs({ folder, json }: ListRunsArgs & GlobalArgs): Promise<number> {
  const found = listRuns(folder);
  if (json) {
    writeJson({ v: 1, type: 'result', runs: found.map(brief) });
    return EXIT.done;
  }
  if (found.length === 0) {
    process.stdout.write(`no runs in ${printable(folder)}/ yet; start one with "fer-tui train"\n`);
    return EXIT.done;
  }
  const rows = found.map((run) => [
    run.name,
    run.model,
    run.data,
    progressText(run),
    run.best === null ? '-' : `${percent(run.best.acc)} (${run.best.epoch})`,
    duration(run.seconds),
    run.status,
    minute(run.begun),
    run.adapter.slice(0, 24),
  ]);
  const head = ['run', 'model', 'data', 'epochs', 'best (epoch)', 'time', 'status', 'started', 'adapter'];
  process.stdout.write(table(head, rows));
  const crashed = found.find(({ status }) => status === 'crashed');
  if (crashed !== undefined) {
    process.stdout.write(
      `\nto resume a crashed or stopped run: fer-tui train --resume ${printable(crashed.path)}\n`,
    );
  }
  return EXIT.done;
}

/** `fer-tui runs show NAME`: prints the curves and settings of a run. */
export async function showRun({ name, folder, json, color }: ShowRunArgs & GlobalArgs): Promise<number> {
  const run = findRun(name, folder);
  if (json) {
    writeJson({ v: 1, type: 'result', ...brief(run), config: run.config, history: run.epochs });
    return EXIT.done;
  }
  const best = run.best === null ? '' : `, best ${percent(run.best.acc)} in epoch ${run.best.epoch}`;
  const changes = run.changes.map(({ t, changed }) => `changed on ${minute(t)}: ${changedText(changed)}`);
  const notes = [...run.dataNotes, ...changes].map((note) => `${note}\n`).join('');
  process.stdout.write(
    `${run.name}: ${run.model} on ${run.data}, ${run.adapter}\n${notes}${run.status}, ${progressWords(run)} in ${duration(run.seconds)}${best}\n\n`,
  );
  const both = (pick: (numbers: { loss: number; acc: number }) => number): Series[] => [
    epochSeries(0, 'training', run.epochs, ({ train }) => pick(train)),
    epochSeries(1, 'validation', run.epochs, ({ val }) => val && pick(val)),
  ];
  draw(
    'loss',
    both(({ loss }) => loss),
    color,
  );
  draw(
    'accuracy',
    both(({ acc }) => acc),
    color,
    percent,
  );
  const settings = Object.entries(run.config).map(([key, value]) => [key, String(value)]);
  process.stdout.write(table(['setting', 'value'], settings));
  return EXIT.done;
}

/** `fer-tui runs compare A B ...`: prints the curves of several runs in one chart, and the settings that differ. */
export async function compareRuns({
  names,
  folder,
  json,
  color,
}: CompareRunsArgs & GlobalArgs): Promise<number> {
  const found = names.map((name) => findRun(name, folder));
  const differing = differingSettings(found);
  if (json) {
    writeJson({ v: 1, type: 'result', runs: found.map(brief), differing: Object.fromEntries(differing) });
    return EXIT.done;
  }
  const curves = (pick: (numbers: { loss: number; acc: number }) => number): Series[] =>
    found.map(({ name, epochs }, i) => epochSeries(i, name, epochs, ({ train, val }) => pick(val ?? train)));
  draw(
    'validation loss',
    curves(({ loss }) => loss),
    color,
  );
  draw(
    'validation accuracy',
    curves(({ acc }) => acc),
    color,
    percent,
  );
  const rows = [
    ['best accuracy', ...found.map(({ best }) => (best === null ? '-' : percent(best.acc)))],
    ['in epoch', ...found.map(({ best, of }) => (best === null ? '-' : `${best.epoch} of ${of}`))],
    ['time', ...found.map(({ seconds }) => duration(seconds))],
    ...[...differing].map(([key, values]) => [key, ...values]),
  ];
  process.stdout.write(table(['', ...found.map(({ name }) => name)], rows));
  return EXIT.done;
}

/** `fer-tui export-history NAME`: prints the history of a run as CSV. */
export async function exportHistory({ name, folder }: ExportHistoryArgs & GlobalArgs): Promise<number> {
  process.stdout.write(historyCsv(findRun(name, folder)));
  return EXIT.done;
}

function brief(run: RunReport) {
  return {
    name: run.name,
    path: run.path,
    status: run.status,
    begun: run.begun,
    model: run.model,
    data: run.data,
    dataNotes: run.dataNotes,
    adapter: run.adapter,
    changes: run.changes,
    of: run.of,
    epochs: run.done,
    stepInEpoch: run.stepInEpoch,
    best: run.best,
    seconds: run.seconds,
  };
}

function draw(
  title: string,
  series: readonly Series[],
  color: GlobalArgs['color'],
  format?: (x: number) => string,
): void {
  const capability = detectCapability(process.env, process.stdout.isTTY === true, { color: color ?? 'auto' });
  const options = {
    ...{ theme: makeTheme(capability), glyphs: capability.glyphs, rows: 12 },
    cols: Math.min(terminalSize(process.stdout).cols, 100),
    ...(format && { format }),
  };
  const lines = [`${title}  ${legend(series, options)}`, ...lineChart(series, options)];
  process.stdout.write(`${lines.join('\n')}\n\n`);
}
