import { votesOfTraining } from '../../data/ferplus.js';
import { correctionsOf, faceId, type Place, placeInSource } from '../../data/labels_file.js';
import { loadDataset } from '../../data/load.js';
import type { Dataset } from '../../data/types.js';
import { crossPredict } from '../../noise/cross_predict.js';
import { readProbabilities } from '../../noise/probabilities_file.js';
import { noiseReport, suspectsCsv } from '../../noise/report.js';
import { resolveConfig } from '../../train/config.js';
import { readConfigFile } from '../../train/config_file.js';
import { Control } from '../../train/control.js';
import { detectCapability } from '../../tui/paint/capability.js';
import { atomicWrite, needPlace } from '../../util/atomic_write.js';
import { EXIT } from '../../util/errors.js';
import { printable } from '../../util/printable.js';
import { terminalSize } from '../../util/terminal_size.js';
import { DataReading } from '../data_args.js';
import type { GlobalArgs } from '../declarations/globals.js';
import type { NoiseArgs } from '../declarations/noise.js';
import { noiseJson, noiseLines } from '../noise_lines.js';
import { ProgressLine } from '../progress_line.js';
import { writeJson } from '../run_command.js';
import { listen } from '../signals.js';

/** `fer-tui noise`: finds wrong labels, duplicates and pictures that are no faces. */
export async function noise(args: NoiseArgs & GlobalArgs): Promise<number> {
  const { data, json, csv, rank, top } = args;
  if (csv !== undefined) needPlace(csv); // before hours of training
  const reading = new DataReading(args);
  const progress = new ProgressLine(args.quiet);
  const control = new Control();
  const restore = listen(control, 'stopping after this batch; the same command goes on');
  try {
    const settings = args.probabilities === undefined ? settingsOf(args) : {};
    const { seed, classes } = resolveConfig(settings);
    const dataset = await loadDataset(data, {
      ...{ ...reading.options, seed, classes: args.classes ?? classes },
      onProgress: ({ done, total }) => {
        control.requireGoing();
        progress.show('reading data', done, total);
      },
    });
    const decided = args.labels === undefined ? [] : correctionsOf(dataset, args.labels);
    const votes = args.ferplus === undefined ? undefined : votesOfTraining(dataset, args.ferplus);
    const probabilities = await probabilitiesOf(dataset, args, settings, control, progress);
    if (probabilities === undefined) return control.exit;
    const report = await noiseReport(dataset, probabilities, {
      ...{ ranking: rank, decided, votes },
      onProgress: progress.show.bind(progress),
    });
    progress.close();
    const { train } = dataset.splits;
    const faceOf = (row: number): string => faceId(train, row);
    const placeOf = (index: number): Place => placeInSource(dataset, { split: 'train', index });
    if (csv !== undefined) atomicWrite(csv, suspectsCsv(report.labels, dataset.classes, placeOf, faceOf));
    if (json) {
      writeJson({ v: 1, type: 'result', data, ...reading.json(), ...noiseJson(report, dataset) });
      return EXIT.done;
    }
    const terminal = process.stdout.isTTY === true;
    const capability = detectCapability(process.env, terminal, args);
    const width = terminalSize(process.stdout).cols;
    process.stdout.write(noiseLines(report, dataset, top, { capability, pictures: terminal, width }));
    if (csv !== undefined)
      process.stdout.write(`\n${printable(csv)}: ${report.labels.suspects.length} suspects\n`);
    return EXIT.done;
  } finally {
    progress.close();
    restore();
  }
}

/** Settings of the trainings. */
function settingsOf(args: NoiseArgs): Readonly<Record<string, unknown>> {
  const { data, config, epochs = 10, adapter, skipBad, classes } = args;
  const given = config === undefined ? {} : readConfigFile(config);
  return {
    ...{ epochs, ...given },
    ...(args.epochs !== undefined && { epochs }),
    ...{ data, 'skip-bad': skipBad },
    ...(classes !== undefined && { classes }),
    ...(adapter !== undefined && { adapter }),
  };
}

/** Read from a file, or made by cross-validation; undefined when that was stopped. */
async function probabilitiesOf(
  dataset: Dataset,
  { probabilities, folds, out }: NoiseArgs,
  settings: Readonly<Record<string, unknown>>,
  control: Control,
  progress: ProgressLine,
): Promise<Float32Array | undefined> {
  if (probabilities !== undefined) {
    return readProbabilities(probabilities, dataset.splits.train.labels.length, dataset.classes);
  }
  return crossPredict(dataset, {
    ...{ settings, folds, folder: out, control },
    onProgress: progress.show.bind(progress),
  });
}
