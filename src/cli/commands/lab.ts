import { loadDataset } from '../../data/load.js';
import { openGpu } from '../../gpu/device.js';
import { findLab, LABS } from '../../labs/all.js';
import { writeLabFiles } from '../../labs/kit/files.js';
import type { Lab } from '../../labs/kit/lab.js';
import { labJson } from '../../labs/kit/lab_json.js';
import { type LabProgress, runLab } from '../../labs/kit/run_lab.js';
import { Control } from '../../train/control.js';
import { duration, Printer } from '../../train/printer.js';
import { detectCapability } from '../../tui/paint/capability.js';
import { EXIT, UsageError } from '../../util/errors.js';
import { printable } from '../../util/printable.js';
import { terminalSize } from '../../util/terminal_size.js';
import { DataReading } from '../data_args.js';
import type { GlobalArgs } from '../declarations/globals.js';
import type { LabArgs } from '../declarations/lab.js';
import { labText } from '../lab_text.js';
import { writeJson } from '../run_command.js';
import { listen } from '../signals.js';

/** `fer-tui lab`: lists the labs, or runs one or all of them. */
export async function lab(args: LabArgs & GlobalArgs): Promise<number> {
  const { name, all, json } = args;
  if (name !== undefined && all) throw new UsageError('--all runs every lab: omit either the name or --all');
  if (name === undefined && !all) {
    list(json);
    return EXIT.done;
  }
  return run(name === undefined ? LABS : [findLab(name)], args);
}

function list(json: boolean): void {
  if (json) {
    const labs = LABS.map(({ name, question, variants }) => ({
      ...{ name, question, variants: variants.map((variant) => variant.name) },
    }));
    writeJson({ v: 1, type: 'result', labs });
    return;
  }
  const width = Math.max(...LABS.map(({ name }) => name.length));
  const lines = LABS.map(({ name, question }) => `${name.padEnd(width)}  ${question}\n`);
  process.stdout.write(`${lines.join('')}\nfer-tui lab NAME runs one; docs/labs.md says what to look for.\n`);
}

async function run(labs: readonly Lab[], args: LabArgs & GlobalArgs): Promise<number> {
  const { data, adapter, json, quiet, color, ascii, out, faces } = args;
  const seeds = parseSeeds(args.seeds);
  const printer = new Printer(process.stderr, { color, silent: quiet });
  const control = new Control();
  const ignore = listen(control, 'stopping after this batch; what is done so far will be shown');
  try {
    const dataset = await loadDataset(data, {
      ...new DataReading(args).options,
      onProgress: (progress) => {
        control.requireGoing();
        printer.loading(progress);
      },
    });
    const gpu = await openGpu({ adapter });
    try {
      for (const lab of labs) {
        if (control.stopped !== undefined) break;
        const report = await runLab(lab, {
          ...{ gpu, dataset, seeds, faces, control, epochs: epochsOf(lab, args) },
          onProgress: (progress) => printer.progress(progressText(lab, progress), progress),
        });
        printer.close();
        if (json) writeJson(labJson(report));
        else {
          const capability = detectCapability(process.env, process.stdout.isTTY === true, { color, ascii });
          process.stdout.write(labText(report, capability, terminalSize(process.stdout).cols));
        }
        if (out === undefined) continue;
        const written = writeLabFiles(report, out);
        if (!json) process.stdout.write(`written: ${printable(written.join(', '))}\n\n`);
      }
      return control.exit;
    } finally {
      gpu.close();
    }
  } finally {
    printer.close();
    ignore();
  }
}

function epochsOf({ epochs }: Lab, { quick, epochs: asked = epochs }: LabArgs): number {
  return quick ? Math.max(1, Math.round(asked / 4)) : asked;
}

function progressText({ name }: Lab, { variant, seed, etaS, done, total }: LabProgress): string {
  const run = `run ${Math.min(total, Math.floor(done) + 1)} of ${total}`;
  return `${name}, ${run}: ${variant}, seed ${seed}  ETA ${duration(etaS)}`;
}

/** Throws UsageError unless it is a list of different whole numbers. */
function parseSeeds(text: string): number[] {
  const seeds = text.split(',').map((word) => Number(word.trim() || Number.NaN));
  const right = seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32);
  if (right && new Set(seeds).size === seeds.length) return seeds;
  throw new UsageError(`seeds = ${text}: expected different whole numbers from 0 to 4294967295 like 1,2,3`);
}
