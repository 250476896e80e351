import type { Probe } from '../nn/probe.js';
import { percent } from '../util/axis.js';
import { heatLegend, largest, overlay } from './color.js';
import { type MapLayer, mapLayer } from './layers.js';
import { type FaceLook, stem } from './method.js';
import type { NamedPicture, Part } from './result.js';
import { classSeed, type Subject } from './subject.js';

/**
 * Weighs maps by the gradient of a class score with respect to them.
 * @param maps [height, width, channels] @param gradients the same shape
 * @returns [height, width], not negative: where the class finds its evidence
 */
export type CamRule = (maps: Float32Array, gradients: Float32Array, channels: number) => Float32Array;

/** The rectified sum of maps [positions, channels], each channel times its weight. */
export function weightedSum(maps: Float32Array, weights: ArrayLike<number>): Float32Array {
  const channels = weights.length;
  return Float32Array.from({ length: maps.length / channels }, (_, at) => {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += (weights[c] as number) * (maps[at * channels + c] as number);
    return Math.max(0, sum);
  });
}

/** A network prepared for class activation maps of one face at a time: scores are differentiated down to one layer. */
export interface CamProbe {
  readonly probe: Probe;
  readonly layer: MapLayer;
}

/** Prepares class activation maps. Throws InapplicableError without a convolution, UsageError for a wrong layer. */
export async function camProbe(subject: Subject, layer: string | undefined): Promise<CamProbe> {
  const chosen = mapLayer(subject.saved.network, layer);
  const probe = await subject.probe({ batch: 1, of: subject.scores, downTo: chosen.name });
  return { probe, layer: chosen };
}

/** The map of one class, [height, width] of the layer, for the image of the probe's last forward pass. */
export async function classMap(
  { probe, layer }: CamProbe,
  label: number,
  rule: CamRule,
): Promise<Float32Array> {
  probe.backward(classSeed([label], probe.network.outputShape.at(-1) ?? 1));
  const [maps, gradients] = [await probe.output(layer.name), await probe.gradient(layer.name)];
  return rule(maps.data, gradients?.data ?? new Float32Array(maps.data.length), layer.channels);
}

/** The maps of all classes of a face, drawn over it. */
export async function camParts(look: FaceLook, rule: CamRule): Promise<Part[]> {
  const { subject, face, progress } = look;
  const prepared = await camProbe(subject, look.layer);
  const { layer } = prepared;
  prepared.probe.forward(face.input);
  const pictures: NamedPicture[] = [];
  for (const [done, label] of face.classes.entries()) {
    const map = await classMap(prepared, label, rule);
    const name = subject.classes[label] ?? String(label);
    const limit = largest(map);
    pictures.push({
      name: stem(name),
      caption: `${name}, ${percent(face.probabilities[label] ?? 0)}${limit > 0 ? '' : ': nothing speaks for it'}`,
      picture: overlay(face.picture, map, layer, limit),
      label,
    });
    progress(done + 1, face.classes.length);
  }
  return [
    {
      ...{ kind: 'pictures', title: `Evidence for each class in ${layer.name}`, pictures },
      legend: heatLegend('evidence, scaled to the largest of its class', '0', 'largest'),
      note: `Maps of ${layer.height} x ${layer.width}, enlarged to ${face.picture.width} x ${face.picture.height}.`,
    },
  ];
}
