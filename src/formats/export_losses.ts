import type { Network } from '../nn/network.js';
import type { ExportFormat } from './export_formats.js';
import { tfjsObjection } from './tfjs.js';

/** What a format keeps of a network. */
export interface Kept {
  /** Why the network cannot be written; undefined if it can. */
  readonly objection: string | undefined;
  /** What is left out or replaced. The output of the network stays the same in every case. */
  readonly lost: readonly string[];
}

/** Layers that have an effect only in training. */
const IN_TRAINING = /Dropout/;

/** What a format keeps of a network. Files of fer-tui (.safetensors) keep everything. */
export function keptBy(format: ExportFormat, network: Network): Kept {
  const count = (is: (kind: string, config: Readonly<Record<string, unknown>>) => boolean): number =>
    network.layers.filter(({ layer: { kind, config } }) => is(kind, config)).length;
  const many = (n: number, what: string): string => `${n} ${what} layer${n === 1 ? '' : 's'}`;
  const lost: string[] = [];
  if (format === 'onnx') {
    const dropped = count((kind) => IN_TRAINING.test(kind));
    const frozen = count((_, { trainable }) => trainable === false);
    if (dropped > 0)
      lost.push(`${many(dropped, 'dropout')}, which act${dropped === 1 ? 's' : ''} only in training`);
    if (frozen > 0)
      lost.push(`the note that ${many(frozen, 'frozen')} ${frozen === 1 ? 'is' : 'are'} not to be trained`);
    const otherAxis = network.layers.find(
      ({ layer: { kind, config } }) => kind === 'BatchNormalization' && config['axis'] !== -1,
    );
    if (otherAxis !== undefined) {
      const objection = `layer "${otherAxis.name}" (BatchNormalization): only that of the last axis is written`;
      return { objection, lost };
    }
  }
  if (format === 'tfjs') {
    const spatial = count((kind) => kind === 'SpatialDropout2D');
    if (spatial > 0)
      lost.push(`${many(spatial, 'SpatialDropout2D')}: written as Dropout, which differs only in training`);
    return { objection: tfjsObjection(network), lost };
  }
  return { objection: undefined, lost };
}
