import { UsageError } from '../util/errors.js';
import { nearest } from '../util/nearest.js';
import type { Dissection } from './dissection.js';
import { explainKernels, type KernelReport } from './kernels.js';
import type { Arithmetic } from './layers/arithmetic.js';
import { explainNumber } from './numbers.js';
import { type LearnReport, STAGES, type Stage, type StageReport } from './report.js';
import { arithmeticText, kernelText, reportText, STAGE_WORDS, stageText, weightText } from './text.js';
import { explainWeight, type WeightReport } from './weights.js';

/** Which parts of a step to explain. */
export interface WalkOptions {
  /** Default: all stages. */
  readonly stage?: Stage | undefined;
  /** Name of a layer whose strongest output is explained. */
  readonly layer?: string | undefined;
  /** Name of a weight, with `:INDEX` for another than the one with the largest gradient. */
  readonly weight?: string | undefined;
  /** Name of a layer whose kernels are timed. */
  readonly kernels?: string | undefined;
}

/** A walk through a step: the requested parts. */
export interface Walk {
  readonly report: LearnReport;
  readonly stages: readonly StageReport[];
  readonly number: { readonly title: string; readonly arithmetic: Arithmetic } | undefined;
  readonly weight: WeightReport | undefined;
  readonly kernels: KernelReport | undefined;
}

/** Computes the requested parts. Throws UsageError for a layer or a weight that is not there. */
export async function walk(dissection: Dissection, options: WalkOptions): Promise<Walk> {
  const { report } = dissection;
  const stages: StageReport[] = [];
  for (const stage of options.stage === undefined ? STAGES : [options.stage])
    stages.push(await dissection.stage(stage));
  const { layer, weight, kernels } = options;
  return {
    report,
    stages,
    number: layer === undefined ? undefined : await strongest(dissection, layerNamed(dissection, layer)),
    weight: weight === undefined ? undefined : await weightNamed(dissection, weight),
    kernels:
      kernels === undefined ? undefined : await explainKernels(dissection, layerNamed(dissection, kernels)),
  };
}

function layerNamed({ source }: Dissection, name: string): number {
  const names = source.network.layers.map((layer) => layer.name);
  const index = names.indexOf(name);
  if (index >= 0) return index;
  const like = nearest(name, names);
  throw new UsageError(
    `no layer named ${name}; ${like === undefined ? `expected one of ${names.join(', ')}` : `did you mean ${like}?`}`,
  );
}

/** The largest output of a layer for the first image. */
async function strongest(dissection: Dissection, layer: number): Promise<NonNullable<Walk['number']>> {
  const { values, shape, layer: name } = await dissection.view(layer, 'output', 0);
  const data = values ?? new Float32Array();
  let best = 0;
  data.forEach((value, i) => {
    if (Math.abs(value) > Math.abs(data[best] ?? 0)) best = i;
  });
  const channels = shape.at(-1) ?? 1;
  const width = shape.length === 3 ? (shape[1] ?? 1) : 1;
  const pixel = Math.floor(best / channels);
  const at = { image: 0, y: Math.floor(pixel / width), x: pixel % width, c: best % channels };
  const arithmetic = await explainNumber(dissection, { layer, kind: 'output', at, channel: 0 });
  const title = `the strongest output of ${name} for image 0: row ${at.y}, column ${at.x}, channel ${at.c}`;
  return { title, arithmetic };
}

async function weightNamed(dissection: Dissection, text: string): Promise<WeightReport> {
  const [, name = text, index] = /^(.*):(\d+)$/.exec(text) ?? [];
  return explainWeight(dissection, name, index === undefined ? undefined : Number(index));
}

/** The walk as lines of plain text. */
export function walkText({ report, stages, number, weight, kernels }: Walk): string[] {
  const lines = [...reportText(report)];
  for (const stage of stages) {
    const { formula, words } = STAGE_WORDS[stage.stage];
    lines.push(
      '',
      `Stage ${STAGES.indexOf(stage.stage) + 1} of ${STAGES.length}: ${stage.stage}`,
      formula,
      words,
    );
    lines.push(...stageText(report, stage));
  }
  if (number !== undefined) lines.push('', number.title, ...arithmeticText(number.arithmetic, true));
  if (weight !== undefined) lines.push('', ...weightText(weight, true));
  if (kernels !== undefined) lines.push('', `kernels of ${kernels.layer}`, ...kernelText(kernels));
  return lines;
}
