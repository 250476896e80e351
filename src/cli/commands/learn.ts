import { loadDataset } from '../../data/load.js';
import { openGpu } from '../../gpu/device.js';
import { Dissection } from '../../learn/dissection.js';
import type { LoadData } from '../../learn/source.js';
import { walk, walkText } from '../../learn/walk.js';
import { detectCapability } from '../../tui/paint/capability.js';
import { EXIT } from '../../util/errors.js';
import { DataReading } from '../data_args.js';
import type { GlobalArgs } from '../declarations/globals.js';
import type { LearnArgs } from '../declarations/learn.js';
import { ProgressLine } from '../progress_line.js';
import { writeJson } from '../run_command.js';
import { hasScreen, wantsAccessible } from './tui.js';

/** `fer-tui learn`: takes a training step apart, on the Learn screen or as text. */
export async function learn(args: LearnArgs & GlobalArgs): Promise<number> {
  const { model, fresh, data, classes, image, label, batch, seed, augment } = args;
  const request = { model, fresh, data, classes, image, label, batch, seed, augment };
  if (!asText(args)) {
    const { runTui } = await import('../../tui/main.js');
    const { ascii, color, graphics, mouse, theme } = args;
    const capability = detectCapability(process.env, true, { ascii, color, graphics, mouse, theme });
    return runTui({ fps: 15, capability, screen: 'learn', own: { learn: { request } } });
  }
  const gpu = await openGpu({ adapter: args.adapter });
  try {
    const reading = new DataReading({ skipBad: args.skipBad });
    const load: LoadData = (path, own) =>
      loadDataset(path, { ...reading.options, ...own, skipBad: args.skipBad || own.skipBad === true });
    const progress = new ProgressLine(args.json || args.quiet);
    const dissection = await Dissection.open(gpu, request, load, (done, total) =>
      progress.show('compiling kernels', done, total),
    ).finally(() => progress.close());
    const { stage, layer, weight, kernels } = args;
    const told = await walk(dissection, { stage, layer, weight, kernels });
    if (args.json) writeJson({ v: 1, type: 'result', ...reading.json(), ...withPlainArrays(told) });
    else process.stdout.write(`${walkText(told).join('\n')}\n`);
    await dissection.dispose();
    return EXIT.done;
  } finally {
    gpu.close();
  }
}

/** Typed arrays as arrays: JSON would write them as objects. */
function withPlainArrays(value: object): object {
  const text = JSON.stringify(value, (_, part: unknown) =>
    part instanceof Float32Array || part instanceof Uint8Array ? Array.from(part) : part,
  );
  return JSON.parse(text) as object;
}

/** Whether to print instead of opening the screen: where there is none, or where text was asked for. */
function asText({ accessible, json, stage, layer, weight, kernels }: LearnArgs & GlobalArgs): boolean {
  const asked = [stage, layer, weight, kernels].some((value) => value !== undefined);
  return json || asked || !hasScreen(process.env) || wantsAccessible(accessible, process.env);
}
