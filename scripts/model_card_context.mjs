/** What stands around the networks in the model card: published results beside theirs, and what training cost. */

export const percent = (fraction) => `${(100 * fraction).toFixed(1)} %`;
export const thousands = (count) => count.toLocaleString('en');
export const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** Results of others without extra data or pretrained weights: what, accuracy, which rows were measured, and which chose. */
const PUBLISHED = [
  ['people', '65 ± 5 %', 'a sample', 'nothing to choose', 'arXiv 1307.0414'],
  ['winner of the 2013 contest', '71.2 %', 'PrivateTest', 'PublicTest', 'arXiv 1307.0414'],
  [
    'VGG, 300 epochs (Khaireddin and Chen)',
    '73.3 %',
    'PrivateTest',
    '**PrivateTest**',
    'arXiv 2105.03588, usef-kh/fer',
  ],
  [
    'VGG19, 250 epochs',
    '73.1 %',
    'PrivateTest',
    '**PrivateTest**',
    'WuJie1010/Facial-Expression-Recognition.Pytorch',
  ],
  [
    'VGG19, the same network',
    '71.5 %',
    'PublicTest',
    '**PrivateTest**',
    'WuJie1010/Facial-Expression-Recognition.Pytorch',
  ],
  [
    'ResNet18, 300 epochs',
    '73.7 %',
    'PrivateTest',
    '**PrivateTest**',
    'LetheSec/Fer2013-Facial-Emotion-Recognition-Pytorch',
  ],
];

/** @param cards the best first */
export function beside(cards) {
  const own = cards.map(({ name, parts, validation }) => [
    `\`${name}\`, with flips`,
    percent(validation.flip.accuracy),
    'PublicTest',
    parts.at(-1).config.checkpointMonitor === 'val_acc' ? 'PublicTest' : 'none: the loss of training',
    'this page',
  ]);
  const head = ['network', 'accuracy', 'measured on', 'rows that chose the epoch', 'source'];
  return `## Beside published results

A checkpoint that was chosen by the rows it is then measured on looks better than it is. Rows differ, too: compare within a column
of "measured on". The published networks trained for 250 to 300 epochs on GPUs, those of this page for at most 50 on two cores.

${table(head, [...PUBLISHED, ...own])}`;
}

/** A training step takes a forward pass, and twice as much for the gradients of the outputs and of the weights. */
const PASSES = 3;
/** Assumed power of one core of a server with its share of the memory, in watts. Not measured. */
const WATTS_PER_CORE = 10;

/** @param cards of all networks */
export function costs(cards) {
  const rows = cards.map(({ name, flop, parts }) => {
    const images = parts.reduce((sum, part) => sum + part.images * part.history.length, 0);
    const hours = parts.reduce((sum, { seconds }) => sum + seconds, 0) / 3600;
    const kilowattHours = parts.reduce(
      (sum, { seconds, cpu }) => sum + (seconds / 3600) * Number.parseInt(cpu, 10) * (WATTS_PER_CORE / 1000),
      0,
    );
    return [
      `\`${name}\``,
      `${(flop / 1e6).toFixed(1)}`,
      thousands(images),
      `${((PASSES * flop * images) / 1e15).toFixed(2)}`,
      hours.toFixed(1),
      kilowattHours.toFixed(2),
    ];
  });
  const head = [
    'network',
    'MFLOP an image',
    'images trained on',
    'PFLOP of training',
    'hours',
    'kWh, estimated',
  ];
  return `## What training cost

A multiply-add counts as two operations, a training step as ${PASSES} forward passes. The machines were shared, so the hours are more than
a quiet machine takes. The energy is no measurement: it is the hours at ${WATTS_PER_CORE} W a core. What a network began with is in its own row.

${table(head, rows)}`;
}
