import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { inspectionLines } from '../../src/cli/inspection_lines.js';
import { inspect } from '../../src/inspect/inspect.js';
import { METHODS } from '../../src/inspect/methods.js';
import type { InspectOptions } from '../../src/inspect/options.js';
import { Conv2D, Dense, Flatten, MaxPooling2D, Softmax } from '../../src/nn/layers.js';
import { type Network, Sequential } from '../../src/nn/network.js';
import { saveModel } from '../../src/train/model_file.js';
import { CLASS_NAMES } from '../../src/util/classes.js';
import { EXIT, FerError } from '../../src/util/errors.js';
import { encodePng } from '../../src/util/picture_file.js';
import { runCli } from '../helpers/cli.js';
import { describeGpu } from '../helpers/gpu.js';
import { miniXception, randomWeights } from '../helpers/networks.js';
import { pixels } from './subjects.js';

const folder = mkdtempSync(join(tmpdir(), 'fer-tui-inspect-'));

/** A file of a network with random weights; `change` spoils them. */
function modelFile(
  network: Network,
  classes: readonly string[] = CLASS_NAMES,
  change: (weights: ReturnType<typeof randomWeights>) => void = () => undefined,
): string {
  const path = join(folder, `${network.name}-${classes.length}.safetensors`);
  const weights = randomWeights(network);
  change(weights);
  saveModel(path, { network, classes, preprocess: { name: 'scale255' }, weights, notes: {} });
  return path;
}

const seven = [Dense({ units: 7 }), Softmax()];
const small = (name = 'small', input = [16, 14, 1]) =>
  new Sequential(name, input, [
    Conv2D({ filters: 4, activation: 'elu' }),
    MaxPooling2D(),
    Flatten(),
    ...seven,
  ]);

let weights: string;
let image: string;
beforeAll(() => {
  weights = modelFile(small());
  image = join(folder, 'face.png');
  writeFileSync(image, encodePng({ width: 20, height: 20, channels: 1, data: pixels(400) }));
});

const inspected = async (options: Partial<InspectOptions>) =>
  (await inspect({ weights, data: 'synthetic:7', split: 'validation', seed: 7, ...options })).inspection;

/** What an error says, and its exit code. */
async function failure(options: Partial<InspectOptions>): Promise<readonly [string, number]> {
  try {
    await inspected(options);
  } catch (error) {
    if (error instanceof FerError) return [error.message, error.exitCode];
    throw error;
  }
  throw new Error('it did not fail');
}

describeGpu('an inspection', (gpu) => {
  it('without image and data looks at drawn faces in every way', async () => {
    const titles = new Set<string>();
    const onProgress = (title: string) => void titles.add(title);
    const found = await inspected({ data: undefined, limit: 40, onProgress });
    expect(found.sections.map(({ method }) => method)).toEqual(METHODS.map(({ name }) => name));
    expect(found.skipped).toEqual([]);
    expect(found.face).toMatchObject({ name: 'validation face 0 (Angry)', label: 0 });
    expect(found.face?.probabilities).toHaveLength(7);
    expect(found.data).toEqual({ name: 'synthetic', split: 'validation', count: 40 });
    expect(found.model).toMatchObject({ name: 'small', weights, inputShape: [16, 14, 1] });
    expect(found.adapter).toBe(gpu().info.name);
    for (const title of [
      'Grad-CAM',
      'Looking at all faces',
      'Slice of the loss surface',
      'UMAP of the last hidden layer',
    ])
      expect(titles).toContain(title);
    for (const { parts, shows, limits } of found.sections) {
      expect(parts.length).toBeGreaterThan(0);
      expect(new Set(parts.map(({ title }) => title)).size).toBe(parts.length);
      for (const text of [shows, limits]) expect(text).toMatch(/^[A-Z].*\.$/);
    }
  });

  it('of an image uses the methods of one face, and no data', async () => {
    const { sections, face, data } = await inspected({ image });
    const own = METHODS.filter(({ needs, name }) => needs === 'face' || name === 'filters');
    expect(sections.map(({ method }) => method)).toEqual(own.map(({ name }) => name));
    expect([face?.name, face?.label, data]).toEqual([image, undefined, undefined]);
    expect([face?.picture.width, face?.picture.height, face?.picture.channels]).toEqual([14, 16, 1]);
  });

  it('of a sample looks at that face; of a class, at that class alone', async () => {
    const { face, sections } = await inspected({
      data: 'synthetic',
      sample: 3,
      class: 'surprise',
      methods: ['grad-cam'],
    });
    expect(face).toMatchObject({ name: 'validation face 3 (Happy)', label: 3 });
    const [part] = sections[0]?.parts ?? [];
    expect(part?.kind === 'pictures' && part.pictures.map(({ name }) => name)).toEqual(['surprise']);
    expect(await inspected({ sample: 3, class: '6', methods: ['grad-cam'] })).toMatchObject({
      sections: [{ parts: [part] }],
    });
  });

  it('sees colours and branches', async () => {
    const path = modelFile(miniXception([16, 14, 3], [4, 8]));
    const { sections, face, skipped } = await inspected({ weights: path, image });
    expect(face?.picture.channels).toBe(3);
    expect([sections.length, skipped]).toEqual([7, []]);
  });

  it('leaves out what does not suit the network, and says why; asked for by name, that is an error', async () => {
    const flat = new Sequential('flat', [16, 14, 1], [Flatten(), ...seven]);
    const path = modelFile(flat);
    const { sections, skipped } = await inspected({ weights: path, image });
    expect(sections.map(({ method }) => method)).toEqual([
      'occlusion',
      'integrated-gradients',
      'smooth-grad',
      'feature-maps',
    ]);
    expect(skipped).toEqual(
      ['grad-cam', 'grad-cam++', 'filters'].map((method) => ({
        method,
        why: expect.stringContaining('flat: it has no convolution'),
      })),
    );
    const [message, exit] = await failure({ weights: path, methods: ['grad-cam'], image });
    expect(message).toContain(
      'flat: it has no convolution; expected a layer with maps of more than one pixel',
    );
    expect(exit).toBe(EXIT.usage);
  });

  it('of a single layer, and of maps of one pixel', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const single = modelFile(new Sequential('single', [2, 4, 1], [Flatten(), Softmax()]), names);
    const { skipped } = await inspected({ weights: single, data: undefined, image, methods: ['all'] });
    expect(skipped.map(({ method }) => method)).toEqual([
      ...['grad-cam', 'grad-cam++', 'filters', 'channel-images', 'top-faces', 'mean-faces', 'mistakes'],
      ...['reliability', 'pca', 'umap', 'loss-surface'],
    ]);
    expect(skipped.at(-1)?.why).toBe(
      "loss-surface: drawn faces have none of the network's classes (a, b, c, d, e, f, g, h); give faces that do: --data",
    );
    const point = [Conv2D({ filters: 256, kernelSize: 8, padding: 'valid' }), Flatten(), ...seven];
    const points = modelFile(new Sequential('points', [8, 8, 1], point));
    const [message] = await failure({ weights: points, methods: ['channel-images'] });
    expect(message).toContain('points: all its convolutions have maps of 1 x 1');
    const { sections } = await inspected({ weights: points, image, methods: ['feature-maps'] });
    expect(sections).toHaveLength(1);
  });

  const spoiled = (value: number): string =>
    modelFile(small(`spoiled-${value}`), CLASS_NAMES, (all) => {
      all.get('dense/bias')?.data.set([value], 2);
    });
  it.each<[string, () => Partial<InspectOptions>, string, number]>([
    [
      'NaN weights',
      () => ({ weights: spoiled(Number.NaN) }),
      'weight dense/bias holds NaN at position 2; expected numbers',
      EXIT.run,
    ],
    ['infinite ones', () => ({ weights: spoiled(-Infinity) }), 'weight dense/bias holds -Infinity', EXIT.run],
    ['no file', () => ({ weights: join(folder, 'none.h5') }), 'there is no such file', EXIT.run],
    ['no image', () => ({ image: weights }), 'cannot be read as an image', EXIT.data],
    ['a folder', () => ({ image: folder }), 'it is a folder; expected a picture', EXIT.data],
    [
      'no such image',
      () => ({ image: 'none.png' }),
      'none.png: cannot be read (there is no such file)',
      EXIT.data,
    ],
    [
      'a method',
      () => ({ methods: ['umap', 'ocluson'] }),
      '--methods ocluson: there is no such method; did you mean occlusion?',
      EXIT.usage,
    ],
    [
      'another',
      () => ({ methods: ['xyz'] }),
      'expected all, or some of grad-cam, grad-cam++, occlusion',
      EXIT.usage,
    ],
    [
      'a class',
      () => ({ class: 'Hapy' }),
      '--class Hapy: the network does not know it; did you mean Happy?',
      EXIT.usage,
    ],
    ['another class', () => ({ class: 'Contempt' }), 'expected one of Angry, Disgust', EXIT.usage],
    [
      'a channel',
      () => ({ methods: ['channel-images'], channels: [4] }),
      '--channels 4: layer conv2d has 4 channels; expected 0 to 3',
      EXIT.usage,
    ],
    ['a negative channel', () => ({ methods: ['top-faces'], channels: [-1] }), '--channels -1: ', EXIT.usage],
    [
      'a sample',
      () => ({ sample: 70 }),
      '--sample 70: validation has 70 faces; expected 0 to 69',
      EXIT.usage,
    ],
    ['half a sample', () => ({ sample: 0.5 }), '--sample 0.5: ', EXIT.usage],
    ['both', () => ({ sample: 1, image }), '--image and --sample: both choose the face', EXIT.usage],
    ['a seed', () => ({ seed: Number.NaN }), '--seed NaN: expected a whole number', EXIT.usage],
    ['no faces', () => ({ limit: 0 }), '--limit 0: expected a number of faces', EXIT.usage],
    [
      'few faces',
      () => ({ limit: 15, methods: ['umap'] }),
      'umap: 15 faces; expected more than 15',
      EXIT.usage,
    ],
  ])('refuses %s', async (_, options, expected, exit) => {
    const [message, code] = await failure(options());
    expect(message).toContain(expected);
    expect(code).toBe(exit);
  });
});

describe('as text', () => {
  const picture = { width: 4, height: 4, channels: 1, data: pixels(16) } as const;
  const model = { name: 'm', weights: 'w.h5', classes: ['A', 'B'], inputShape: [4, 4, 1], parameters: 1234 };
  const about = { shows: 'It shows.', limits: 'Not that.', seconds: 1.25 };
  const inspection = {
    ...{ model, adapter: 'x', seed: 1, skipped: [{ method: 'grad-cam', why: 'no convolution' }] },
    face: { name: 'a.png', picture, probabilities: [0.25, 0.75] },
    data: { name: 'd', split: 'test', count: 1500 },
    sections: [
      {
        ...about,
        method: 'a',
        title: 'Maps',
        source: 'X 2017',
        parts: [
          {
            kind: 'pictures',
            title: 'faces',
            note: 'A note.',
            pictures: [
              { name: 'a', caption: 'first', picture },
              { name: 'b', caption: 'second', picture },
            ],
          },
        ],
      },
      {
        ...about,
        method: 'b',
        title: 'Numbers',
        parts: [
          {
            kind: 'pictures',
            title: 'filters',
            pictures: [0, 1].map((i) => ({ name: `${i}`, caption: `${i}`, picture })),
          },
          { kind: 'table', title: 'rows', columns: ['x', 'y'], rows: [['one', 1]] },
          { kind: 'points', title: 'points', axes: ['right', ''], x: [0], y: [1], labels: [1] },
          {
            kind: 'reliability',
            title: 'bins',
            ece: 0.1,
            bins: [
              { from: 0.5, to: 1, count: 3, confidence: 0.8, accuracy: 0.9 },
              { from: 0, to: 0.5, count: 0, confidence: 0, accuracy: 0 },
            ],
          },
          {
            kind: 'surface',
            title: 'loss',
            at: [-1, 0, 1],
            quantity: 'q',
            values: [
              [1, 2, 3],
              [4, 5, 6],
              [7, 8, 9],
            ],
          },
        ],
      },
    ],
  } satisfies Parameters<typeof inspectionLines>[0];

  it('it says everything without pictures', () => {
    const capability = { color: 'none', glyphs: 'unicode' } as const;
    expect(inspectionLines(inspection, { capability, pictures: false, width: 80 })).toBe(
      [
        ...['m (1,234 parameters), w.h5', 'a.png: B 75.0 %, A 25.0 %', 'd, test: 1,500 faces', ''],
        ...['Maps (1.3 s; X 2017)', 'It shows.', '', 'faces:', '  first', '  second', 'A note.', ''],
        ...['Numbers (1.3 s)', 'It shows.', '', 'filters:', '  0 1', ''],
        ...['rows:', 'x    y', '---  -', 'one  1', '', 'points:', 'right', ''],
        ...[
          'bins:',
          'confidence         faces    mean  accuracy',
          '-----------------  -----  ------  --------',
        ],
        ...['50.0 % to 100.0 %      3  80.0 %    90.0 %', ''],
        ...['loss:', '       -1.00  0.00  1.00', '-----  -----  ----  ----', '1.00    7.00  8.00  9.00'],
        ...[
          '0.00    4.00  5.00  6.00',
          '-1.00   1.00  2.00  3.00',
          '',
          'grad-cam left out: no convolution',
          '',
        ],
      ].join('\n'),
    );
  });

  it('and paints them side by side where they fit', () => {
    const capability = { color: 'truecolor', glyphs: 'unicode' } as const;
    const lines = inspectionLines(inspection, { capability, pictures: true, width: 80 }).split('\n');
    const at = lines.indexOf('faces:');
    expect(lines[at + 1]?.match(/▀/g)).toHaveLength(48);
    expect(lines[at + 13]).toBe(`first${' '.repeat(20)}second`);
    const narrow = inspectionLines(inspection, { capability, pictures: true, width: 40 }).split('\n');
    expect(narrow[at + 1]?.match(/▀/g)).toHaveLength(24);
    expect(lines).toContain('\x1b[38;2;220;60;60mA\x1b[0m, \x1b[38;2;80;160;60mB\x1b[0m');
  });
});

describeGpu('the command', () => {
  it('writes pictures, JSON and a page', async () => {
    const out = join(folder, 'out');
    const html = join(folder, 'page.html');
    const { code, stdout, stderr } = await runCli([
      ...['inspect', weights, '--image', image, '--out', out, '--html', html, '--json'],
    ]);
    expect([code, stderr.includes('fer-tui:')]).toEqual([0, false]);
    const printed = JSON.parse(stdout);
    const { v, type, out: folderOf, html: page, notes, ...rest } = printed;
    expect([v, type, folderOf, page, notes]).toEqual([1, 'result', out, html, []]);
    expect(rest).toEqual(JSON.parse(readFileSync(join(out, 'inspect.json'), 'utf8')));
    expect(rest.sections).toHaveLength(7);
    const pictures = rest.sections.flatMap(
      (section: { parts: { pictures: { file: string; width: number }[] }[] }) =>
        section.parts.flatMap((part) => part.pictures),
    );
    for (const { file, width } of pictures) {
      const png = PNG.sync.read(readFileSync(join(out, file)));
      expect(png.width % width, file).toBe(0);
      expect(png.width).toBeGreaterThanOrEqual(192);
    }
    expect(readdirSync(out)).toContain('face.png');
    expect(readFileSync(html, 'utf8')).toContain('Grad-CAM++');
  });

  it('prints errors with their exit codes before it computes', async () => {
    const file = await runCli(['inspect', weights, '--image', image, '--out', image]);
    expect([file.code, file.stderr]).toEqual([2, expect.stringContaining('it is a file; expected a folder')]);
    const channel = await runCli(['inspect', weights, '--channels', '1,x']);
    expect([channel.code, channel.stderr]).toEqual([
      2,
      expect.stringContaining('--channels x: expected numbers'),
    ]);
    expect(existsSync(join(folder, 'none'))).toBe(false);
  });
});
