import { detectCapability } from '../../tui/paint/capability.js';
import type { GlobalArgs } from '../declarations/globals.js';
import type { LearnArgs } from '../declarations/learn.js';
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
  const { learnAsText } = await import('../learn_text.js');
  return learnAsText(request, args);
}

/** Whether to print instead of opening the screen: where there is none, or where text was asked for. */
function asText({ accessible, json, stage, layer, weight, kernels }: LearnArgs & GlobalArgs): boolean {
  const asked = [stage, layer, weight, kernels].some((value) => value !== undefined);
  return json || asked || !hasScreen(process.env) || wantsAccessible(accessible, process.env);
}
