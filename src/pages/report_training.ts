import type { EpochEvent } from '../train/events.js';
import { duration } from '../train/printer.js';
import type { RunReview } from '../train/run_review.js';
import { settingsOf, trainOptions } from '../train/run_settings.js';
import { counted } from '../util/counted.js';
import { shellWord } from '../util/shell_word.js';
import { type Html, html } from './html.js';
import { type Curve, lineChart } from './line_chart.js';
import { details, howToRead, type PageSection, warning } from './page.js';
import { axisOver } from './plot.js';
import { table } from './table.js';
import { count, fixed, moment, percent } from './words.js';

/** Loss, accuracy and learning rate by epoch. */
export function curveSection(review: RunReview): PageSection {
  const { run } = review;
  const title = 'Learning curves';
  if (run.epochs.length === 0)
    return { title, body: warning('No epoch is complete, so there are no curves.') };
  return {
    title,
    body: [
      howToRead(
        'The training numbers are means over an epoch, with dropout and augmentation and while the weights change; the validation numbers come after it, without them. Validation above training at first is therefore no mistake. Training that goes on improving while validation gets worse is overfitting.',
      ),
      html`<div class="charts">${charts(review)}</div>`,
      details('The numbers of every epoch', epochTable(run.epochs)),
    ],
  };
}

function charts({ run, epoch, sessions }: RunReview): Html[] {
  const { epochs } = run;
  const x = axisOver(
    'epoch',
    epochs.map(({ epoch: n }) => n),
    { whole: true, most: 8, text: String },
  );
  const place = epoch && { name: `epoch ${epoch.epoch}: the weights that were kept`, x: epoch.epoch };
  const curve = (name: string, pick: (epoch: EpochEvent) => number | undefined): Curve => ({
    name,
    points: epochs.map((e) => [e.epoch, pick(e) ?? Number.NaN]),
  });
  const both = (pick: (numbers: EpochEvent['train']) => number): Curve[] =>
    [
      curve('training', ({ train }) => pick(train)),
      curve('validation', ({ val }) => val && pick(val)),
    ].filter(({ points }) => points.some(([, y]) => Number.isFinite(y)));
  const loss = both((numbers) => numbers.loss);
  const accuracy = both((numbers) => numbers.acc);
  const rate = [curve('learning rate', ({ lr }) => lr)];
  const { majority } = sessions[0].data;
  const level =
    typeof majority === 'number' ? { name: 'always the most frequent class', y: majority } : undefined;
  return [
    lineChart({
      ...{ title: 'Loss', x, curves: loss, place, text: (value) => fixed(value, 3) },
      y: axisOver('cross-entropy', ordinates(loss)),
    }),
    lineChart({
      ...{ title: 'Accuracy', x, curves: accuracy, place, level, text: percent },
      y: axisOver('share of right answers', [...ordinates(accuracy), ...(level ? [level.y] : [])], {
        text: (value) => percent(value, 0),
      }),
    }),
    new Set(ordinates(rate)).size > 1
      ? lineChart({
          ...{ title: 'Learning rate', x, curves: rate, text: (value) => value.toExponential(2) },
          y: axisOver('learning rate', ordinates(rate)),
        })
      : html`<p><b>Learning rate</b><br>${epochs[0]?.lr} in every epoch.</p>`,
  ];
}

const ordinates = (curves: readonly Curve[]): number[] =>
  curves.flatMap(({ points }) => points.map(([, y]) => y));

function epochTable(epochs: readonly EpochEvent[]): Html {
  const names = [
    'epoch',
    'loss',
    'accuracy',
    'validation loss',
    'validation accuracy',
    'learning rate',
    'images/s',
    'time',
  ];
  return table({
    caption: 'Every epoch',
    columns: names.map((title) => ({ title })),
    rows: epochs.map(({ epoch, train, val, lr, imgPerS, seconds, best }) => [
      best ? `${epoch} (best so far)` : epoch,
      fixed(train.loss, 4),
      percent(train.acc),
      fixed(val?.loss, 4),
      percent(val?.acc),
      lr.toExponential(2),
      fixed(imgPerS, 0),
      duration(seconds),
    ]),
  });
}

/** The layers. */
export function networkSection({ weights }: RunReview): PageSection {
  const title = 'Network';
  if ('missing' in weights) return { title, body: warning(`Not known: ${weights.missing}.`) };
  const { name, rows, trainable, nonTrainable } = weights.value.network;
  return {
    title,
    body: [
      html`<p>${name}: ${rows.length} layers, ${count(trainable)} parameters that training changes and ${count(nonTrainable)} that it does not, such as moving averages.</p>`,
      details(
        'Its layers',
        table({
          caption: `Layers of ${name}`,
          columns: [
            { title: 'layer', words: true },
            { title: 'kind', words: true },
            { title: 'output' },
            { title: 'parameters' },
            { title: 'reads', words: true },
          ],
          rows: rows.map(({ layer, type, output, params, from }) => [
            layer,
            type,
            output.slice(1).join(' × '),
            count(params),
            from.length === 0 ? 'the image' : from.join(', '),
          ]),
        }),
      ),
    ],
  };
}

/** Every setting, those that differ from their default first. */
export function settingsSection({ config }: RunReview): PageSection {
  const all = settingsOf(config);
  const changed = all.filter(({ value, default: usual }) => value !== usual);
  const rest = all.filter(({ value, default: usual }) => value === usual);
  const columns = [
    { title: 'setting', words: true },
    { title: 'value', words: true },
  ];
  return {
    title: 'Settings',
    body: [
      table({
        caption: 'Settings that differ from their default',
        columns: [...columns, { title: 'default', words: true }],
        rows: changed.map((setting) => [
          setting.name,
          shown(setting.value),
          setting.unknown ? 'not a setting of this version' : shown(setting.default),
        ]),
      }),
      details(
        'Settings with their default',
        table({
          caption: 'Settings with their default',
          columns,
          rows: rest.map(({ name, value }) => [name, shown(value)]),
        }),
      ),
    ],
  };
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return 'none';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** What the run has recorded about where it was trained, and what happened on the way. */
export function environmentSection({ run, sessions, incidents, evaluation }: RunReview): PageSection {
  const rows = sessions.map(({ t, adapter, environment, memory }, i) => [
    i === 0 ? 'begun' : 'resumed',
    moment(t),
    adapter,
    environment?.version ?? 'not recorded',
    environment?.node ?? 'not recorded',
    environment?.platform ?? 'not recorded',
    memory === undefined ? '–' : `${count(Math.round(memory.peakBytes / 2 ** 20))} MiB`,
  ]);
  const titles = ['session', 'time', 'adapter', 'fer-tui', 'Node.js', 'system', 'device memory'];
  return {
    title: 'Environment',
    body: [
      table({
        caption: 'As the run has recorded it; device memory is the peak at the start of the training',
        columns: titles.map((title, i) => ({ title, words: i < 3 })),
        rows,
      }),
      html`<p>Folder of the run: <code>${run.path}</code>. ${'value' in evaluation && `The weights were evaluated for this page on ${evaluation.value.adapter}.`}</p>`,
      incidents.length > 0 &&
        html`<h3>On the way</h3><ul>${incidents.map(({ epochs, message }) => html`<li>after ${counted(epochs, 'epoch')}: ${message}</li>`)}</ul>`,
    ],
  };
}

/** How to train the run again. */
export function reproductionSection({ run, config, sessions }: RunReview): PageSection {
  const version = sessions[0].environment?.version;
  return {
    title: 'Reproduce',
    body: [
      html`<p>This command trains again with the same settings. On the same adapter, with the same choice of kernels (<code>tuning.json</code> in the folder of the run) and the same version${version !== undefined && ` (${version})`}, the result is the same bit for bit.</p>`,
      sessions.some(({ changed }) => changed !== undefined) &&
        html`<p>Settings of this run were changed when it was resumed (see Environment); with its last settings from the start, a training goes another way.</p>`,
      html`<pre>${commandLine('fer-tui train', trainOptions(config))}</pre>`,
      html`<p>The folder of the run holds the same settings as a file:</p>`,
      html`<pre>${commandLine('fer-tui train', [`--config ${shellWord(`${run.path}/config.json`)}`, '--out NEW_FOLDER'])}</pre>`,
      html`<p>To measure the weights again:</p>`,
      html`<pre>${commandLine('fer-tui evaluate', [
        `--weights ${shellWord(`${run.path}/best.safetensors`)}`,
        `--data ${shellWord(shown(config['data']))}`,
      ])}</pre>`,
      details('The settings as JSON', html`<pre>${JSON.stringify(config, null, 2)}</pre>`),
    ],
  };
}

/** A command with each option on a line of its own, which shells read as one. */
function commandLine(command: string, options: readonly string[]): string {
  return [command, ...options].join(' \\\n  ');
}
