import { type ImageDraw, NO_CAMERA } from '../util/image_draw.js';
import { inMegabytes } from '../util/megabytes.js';
import type { KernelReport, Pass, Way } from './kernels.js';
import { type Arithmetic, brief, type Grid, type Term } from './layers/arithmetic.js';
import type { LearnReport, Stage, StageReport } from './report.js';
import type { Stats } from './stats.js';
import type { WeightReport } from './weights.js';

/** What a dissected step says, as lines of plain text. The screen and the accessible mode print the same. */

/** The formula of each stage, and what it means. */
export const STAGE_WORDS: Readonly<Record<Stage, { readonly formula: string; readonly words: string }>> = {
  batch: {
    formula: 'x [B, H, W, C], y [B]',
    words: 'A step looks at a few images at once. Their order is new in every epoch, drawn from the seed.',
  },
  augmentation: {
    formula: 'x = (pixel of the moved image − mean) / divisor',
    words:
      'Each image is turned, moved, scaled or mirrored a little, so that the network never sees the same pixels twice. Then pixels become small numbers around 0.',
  },
  forward: {
    formula: 'y = f(x; w), layer by layer',
    words:
      'Every layer computes its output from that of the layer before. Everything is kept for the way back.',
  },
  loss: {
    formula: 'loss = mean over the batch of −log p[true class]',
    words:
      'Softmax turns the last outputs, the logits, into probabilities. The loss is small where the true class got a large one.',
  },
  backward: {
    formula: 'dx = dy · ∂y/∂x, dw = dy · ∂y/∂w, from the last layer to the first',
    words:
      'The chain rule: each layer turns the gradient of its output into that of its input and its weights.',
  },
  update: {
    formula: 'w ← w − step(gradient)',
    words: 'The optimiser moves every weight against its gradient. How far depends on the rule.',
  },
  again: {
    formula: 'Δloss ≈ Σ gradient · Δw, for small steps',
    words:
      'The same images with the same dropout masks, after the update: did the loss fall, and as much as the gradient promised?',
  },
};

const shape = (sizes: readonly number[]): string => sizes.join('×');

/** Mean, spread and range in one line. */
export function statsText({ min, max, mean, sd, zeros, bad }: Stats): string {
  const parts = [`mean ${brief(mean)}`, `sd ${brief(sd)}`, `${brief(min)} to ${brief(max)}`];
  if (zeros > 0) parts.push(`${(100 * zeros).toFixed(zeros < 0.1 ? 1 : 0)} % zeros`);
  if (bad > 0) parts.push(`${bad} NaN or infinite ×`);
  return parts.join(', ');
}

/** The header: what is taken apart. */
export function reportText(report: LearnReport): string[] {
  const { network, source, data, count, step, seed, optimizer, learningRate, bytes, adapter } = report;
  return [
    `${network}: ${source}`,
    `step ${step}, ${count} images of ${data}, seed ${seed}, ${optimizer} with learning rate ${learningRate}`,
    ...(report.badWeights > 0 ? [`${report.badWeights} of the weights are NaN or infinite ×`] : []),
    `${report.layers.length} layers; ${inMegabytes(bytes)} on ${adapter}`,
  ];
}

/** A stage in lines. */
export function stageText(report: LearnReport, stage: StageReport): string[] {
  const names = report.classes.map((name) => name.toLowerCase());
  switch (stage.stage) {
    case 'batch':
      return [
        `${report.count} images of ${shape(report.shape)}`,
        ...names.map((name, c) => `${name}: ${stage.counts[c] ?? 0}`),
      ];
    case 'augmentation':
      return [
        `preprocessing ${stage.preprocess}`,
        `all values: ${statsText(stage.stats)}`,
        ...stage.draws.map((draw, i) => `image ${i}: ${drawText(draw, report.shape)}`),
      ];
    case 'forward':
      return stage.layers.map(
        ({ name, output, channels, dead }) =>
          `${name}: ${statsText(output)}${dead > 0 ? `, ${dead} of ${channels} channels dead` : ''}`,
      );
    case 'loss':
      return [
        `loss ${stage.loss.toFixed(4)} (log ${names.length} = ${Math.log(names.length).toFixed(4)} for a guess), ${stage.correct} of ${report.count} right`,
        ...report.labels.map((label, i) => {
          const row = stage.probabilities.subarray(i * names.length, (i + 1) * names.length);
          const predicted = row.indexOf(Math.max(...row));
          return `image ${i}: ${names[label]} got ${(row[label] ?? 0).toFixed(4)}, loss ${(stage.losses[i] ?? 0).toFixed(4)}${predicted === label ? '' : `; it says ${names[predicted]}`}`;
        }),
      ];
    case 'backward':
      return [
        ...stage.layers.map(
          ({ name, gradient }) => `${name}: ${gradient === undefined ? 'no gradient' : statsText(gradient)}`,
        ),
        ...stage.weights.map(
          ({ name, gradient, ratio }) =>
            `${name}: |gradient| ${brief(gradient.norm)}, |gradient| / |weight| ${brief(ratio)}`,
        ),
      ];
    case 'update':
      return stage.weights.map(
        ({ name, weight, moved = Number.NaN }) =>
          `${name}: |weight| ${brief(weight.norm)}, ${movedText(moved)}`,
      );
    case 'again':
      return [
        `loss before ${stage.before.toFixed(6)}, after ${stage.after.toFixed(6)}`,
        `change ${signed(stage.after - stage.before)}; to first order ${signed(stage.predicted)}`,
        verdict(stage),
        `${stage.correct} of ${report.count} right now`,
      ];
  }
}

/** How far an update moved an array, relative to its size. */
export function movedText(moved: number): string {
  return Number.isFinite(moved) ? `moved by ${(100 * moved).toFixed(3)} %` : 'moved from 0';
}

const signed = (value: number): string => (value > 0 ? '+' : '') + brief(value);

/** Whether the step did what the gradient promised. */
export function verdict({
  before,
  after,
  predicted,
}: {
  before: number;
  after: number;
  predicted: number;
}): string {
  const change = after - before;
  if (!Number.isFinite(change))
    return 'The loss is not a number: the forward stage shows where NaN or infinite values begin.';
  if (change >= 0)
    return 'The loss rose: the step was too long for the slope to hold. A smaller learning rate would do less, and better.';
  const share = Math.round((100 * change) / predicted);
  return `The loss fell by ${share} % of what the slope promised${share < 80 ? ': it bends along the way' : ''}.`;
}

/** An augmentation in words: what the affine map, light and camera do, and what is erased. */
function drawText(
  { xx, xy, yx, yy, gain, x0, y0, camera = NO_CAMERA, erased }: ImageDraw,
  [height, width]: readonly [number, number, number],
): string {
  const { gamma, contrast, blur, noise, quality } = camera;
  const mirrored = xx * yy - xy * yx < 0;
  const scale = 1 / Math.sqrt(Math.abs(xx * yy - xy * yx));
  const angle = (Math.atan2(mirrored ? -yx : yx, mirrored ? -xx : xx) * 180) / Math.PI;
  const [cx, cy] = [(width - 1) / 2, (height - 1) / 2];
  const [dx, dy] = [cx - (xx * cx + xy * cy + x0), cy - (yx * cx + yy * cy + y0)];
  const parts = [
    ...(mirrored ? ['mirrored'] : []),
    ...(Math.abs(angle) > 0.05 ? [`turned by ${angle.toFixed(1)}°`] : []),
    ...(Math.abs(scale - 1) > 0.005 ? [`scaled by ${scale.toFixed(2)}`] : []),
    ...(Math.hypot(dx, dy) > 0.05 ? [`moved by (${dx.toFixed(1)}, ${dy.toFixed(1)}) pixels`] : []),
    ...(gain === 1 ? [] : [`brightness ${gain.toFixed(2)}`]),
    ...(gamma === 1 ? [] : [`gamma ${gamma.toFixed(2)}`]),
    ...(contrast === 1 ? [] : [`contrast ${contrast.toFixed(2)}`]),
    ...(blur === 0 ? [] : [`blurred by ${blur.toFixed(1)} pixels`]),
    ...(noise === 0 ? [] : [`noise of ${noise.toFixed(0)} gray levels`]),
    ...(quality === 0 ? [] : [`JPEG of quality ${quality}`]),
    ...(erased === undefined
      ? []
      : [`${erased.width} x ${erased.height} pixels erased at (${erased.left}, ${erased.top})`]),
  ];
  return parts.length === 0 ? 'unchanged' : parts.join(', ');
}

/** Numbers in columns; padding is a dot. Grids with equally many rows stand side by side. */
function gridText(grids: readonly Grid[]): string[] {
  const [first] = grids;
  if (first === undefined) return [];
  const blocks = grids.map(gridBlock);
  if (first.rows.length === 1 || grids.some(({ rows }) => rows.length !== first.rows.length))
    return blocks.flat();
  const widths = blocks.map((block) => Math.max(...block.map(({ length }) => length)));
  return (
    blocks[0]?.map((_, row) =>
      blocks
        .map((block, i) => (block[row] ?? '').padEnd(widths[i] ?? 0))
        .join('   ')
        .trimEnd(),
    ) ?? []
  );
}

function gridBlock({ title, rows }: Grid): string[] {
  const cells = rows.map((row) => row.map((value) => (value === null ? '·' : brief(value))));
  const width = Math.max(...cells.flat().map(({ length }) => length));
  return [title, ...cells.map((row) => row.map((cell) => cell.padStart(width)).join(' '))];
}

const termText = ({ label, value }: Term): string => `${label} = ${brief(value)}`;

/** How one number is made. @param exact also shows float64 */
export function arithmeticText(arithmetic: Arithmetic, exact: boolean): string[] {
  const { formula, words, grids, terms, kernel } = arithmetic;
  const float64 = exact
    ? [`float64: ${arithmetic.exact}, difference ${brief(kernel - arithmetic.exact)}`]
    : [];
  return [formula, `kernel: ${kernel}`, ...float64, words, ...gridText(grids), ...terms.map(termText)];
}

/** Everything about one weight. */
export function weightText(
  { weight, place, value, gradient, difference, given, rules }: WeightReport,
  exact: boolean,
): string[] {
  const { numeric, error, step, winners, windows, layer } = difference;
  const kinks =
    winners > 0
      ? [
          `${winners} of ${windows} pooling windows chose another winner in between: kinks, which a difference sees and a gradient does not`,
        ]
      : [];
  return [
    `${weight}[${place.join(', ')}] = ${value}`,
    `gradient ${brief(gradient.kernel)}; central difference of the loss, w ± ${brief(step)}: ${brief(numeric)}, relative error ${error.toExponential(1)}`,
    `central difference through this layer alone: ${brief(layer.numeric)}, relative error ${layer.error.toExponential(1)}`,
    ...kinks,
    ...arithmeticText(gradient, exact),
    ...(given === gradient.kernel
      ? []
      : [
          `as the optimiser got it, from the fused kernels (other rounding), with penalties and clipping: ${given}`,
        ]),
    ...rules.flatMap(({ rule, formula, terms, before, after, own }) => [
      `${rule}${own ? ', this training' : ', from zero state'}: ${formula}`,
      `  ${terms.map(termText).join(', ')}`,
      `  w: ${before} → ${after} (${signed(after - before)})`,
    ]),
  ];
}

/** The kernels of a layer. */
export function kernelText({ fast, naive, difference, because }: KernelReport): string[] {
  const wayLines = (name: string, way: Way): string[] => [
    `${name}:`,
    ...way.kernels.map(
      ({ kernel, pass, workgroups, milliseconds }) =>
        `  ${pass} ${kernel}, ${workgroups} workgroups, ${Number.isNaN(milliseconds) ? 'time unknown' : `${milliseconds.toFixed(2)} ms`}`,
    ),
    ...(['forward', 'backward'] as const).flatMap((pass) =>
      way.gflops[pass] > 0
        ? [`  ${pass}: ${way.milliseconds[pass].toFixed(2)} ms, ${way.gflops[pass].toFixed(1)} GFLOP/s`]
        : [],
    ),
  ];
  if (fast.kernels.length === 0)
    return ['no kernel: the layer only changes the shape, or belongs to the loss'];
  const compared =
    naive && `${comparison(fast, naive, difference)}${because === '' ? '' : `, because ${because}`}`;
  return [
    ...(compared === undefined ? [] : [`beside the naive kernels: ${compared}`]),
    ...wayLines('kernels', fast),
    ...(naive === undefined ? [] : wayLines('naive', naive)),
  ];
}

/** "same numbers, 14 times faster" */
function comparison(fast: Way, naive: Way, difference: number): string {
  const total = ({ milliseconds }: Way): number =>
    (['forward', 'backward'] as Pass[]).reduce((sum, pass) => sum + milliseconds[pass], 0);
  const times = total(naive) / total(fast);
  const same =
    difference === 0
      ? 'the same number to the last bit'
      : `the same number within ${difference.toExponential(1)}`;
  return `${same}, ${times.toFixed(times < 3 ? 1 : 0)} times faster`;
}
