import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toKeras } from '../../src/formats/keras_architecture.js';
import { Dense, Flatten } from '../../src/nn/layers.js';
import { Sequential } from '../../src/nn/network.js';
import { shippedModels } from '../../src/train/shipped_models.js';
import { EXIT, exitCodes } from '../../src/util/errors.js';
import { runCli } from '../helpers/cli.js';
import { describeGpu } from '../helpers/gpu.js';
import { miniXception } from '../helpers/networks.js';
import { runTogether } from '../helpers/together.js';

const folder = () => mkdtempSync(join(tmpdir(), 'fer-tui-cli-'));
const TINY = ['train', '--data', 'synthetic:56', '--model', 'fer-shallow', '--log-every', '1'];

describe('the command line', () => {
  it('--help lists the commands and exit codes, and loads no GPU binding', async () => {
    const trace = await runCli(['--help'], { env: { NODE_DEBUG: 'module' } });
    expect(trace.code).toBe(0);
    for (const word of ['train', 'evaluate', 'doctor', 'summary', 'Exit codes'])
      expect(trace.stdout).toContain(word);
    expect(trace.stderr).not.toContain('dawn.node');
  });

  it('--help and README.md name every exit code', async () => {
    const { stdout } = await runCli(['--help']);
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    const named = [...exitCodes().matchAll(/\d+(?= )/g)].map(([code]) => Number(code));
    expect(named).toEqual(Object.values(EXIT));
    for (const text of [stdout, readme]) expect(text.replaceAll(/\s+/g, ' ')).toContain(exitCodes());
  });

  it('a shell can complete the options of a command', async () => {
    const { stdout } = await runCli(['--get-yargs-completions', 'fer-tui', 'train', '--ep']);
    expect(stdout.split('\n')).toContain('--epochs');
  });

  it.each(['bash', 'zsh'])('completion %s prints the script of that shell in any other', async (shell) => {
    const other = shell === 'bash' ? 'zsh' : 'bash';
    const env = { SHELL: `/bin/${other}`, ZSH_NAME: other === 'zsh' ? 'zsh' : '' };
    const { code, stdout } = await runCli(['completion', shell], { env });
    expect([code, stdout.includes('#compdef')]).toEqual([0, shell === 'zsh']);
  });

  it('completion refuses a shell for which there is no script', async () => {
    const { code, stderr } = await runCli(['completion', 'fish']);
    expect([code, stderr]).toEqual([2, 'fer-tui: no completion script for fish; expected bash or zsh\n']);
  });

  it('a shell can complete the names of runs and studies', async () => {
    const cwd = folder();
    for (const path of ['studies/s1', 'studies/t2', 'elsewhere/s3', 'runs/r1'])
      mkdirSync(join(cwd, path), { recursive: true });
    mkdirSync(join(cwd, 'studies/empty'));
    for (const path of ['studies/s1', 'studies/t2', 'elsewhere/s3'])
      writeFileSync(join(cwd, path, 'study.yaml'), '');
    writeFileSync(join(cwd, 'runs/r1/events.ndjson'), '');
    const completed = async (...words: string[]) =>
      (await runCli(['--get-yargs-completions', 'fer-tui', ...words], { cwd })).stdout.trim().split('\n');
    expect(await completed('studies', 'show', '')).toEqual(['s1', 't2']);
    expect(await completed('studies', 'show', 's')).toEqual(['s1']);
    expect(await completed('studies', 'show', '--folder', 'elsewhere', '')).toEqual(['s3']);
    expect(await completed('search', '--resume', '')).toEqual(['studies/s1', 'studies/t2']);
    expect(await completed('cv', '--resume', 'studies/t')).toEqual(['studies/t2']);
    expect(await completed('trial', '')).toEqual(['studies/s1', 'studies/t2']);
    expect(await completed('trial', 'studies/s1', '')).not.toContain('studies/s1');
    expect(await completed('report', '')).toEqual(['r1', 's1', 't2']);
    expect(await completed('train', '--resume', '')).toEqual(['runs/r1']);
    expect(await completed('runs', 'show', '')).toEqual(['r1']);
    expect(await completed('train', '--recipe', 'fer-s')).toEqual(['fer-shallow']);
    expect(await completed('recipes', 'fer-v')).toEqual([
      'fer-vgg',
      'fer-vgg-robust',
      'fer-vgg.2',
      'fer-vgg.3',
    ]);
    expect(await completed('search', '--res')).toContain('--resume');
  });

  it('an unknown option is usage: exit 2', async () => {
    const { code, stderr } = await runCli(['train', '--epoch', '3']);
    expect(code).toBe(2);
    expect(stderr).toContain('Unknown argument: epoch\nDid you mean --epochs?');
  });

  const MISTYPED: readonly (readonly [line: readonly string[], message: string])[] = [
    [['data'], 'something is missing; expected fer-tui data <path>\n'],
    [['runs', 'show'], 'something is missing; expected fer-tui runs show <name>\n'],
    [['runs', '--jsn'], 'Unknown argument: jsn\nDid you mean --json?'],
    [['runs', 'show', 'a', '--jsn'], 'Unknown argument: jsn\nDid you mean --json?'],
    [['search', '--bogusoption', '1'], 'Unknown argument: bogusoption\nTry "fer-tui search --help".'],
    [['runs', 'show', 'a', '--bogusoption'], 'Try "fer-tui runs show --help".'],
    [['frobnicate'], 'fer-tui: unknown command "frobnicate"\nTry "fer-tui --help".\n'],
    [['frobnicate', '--lr', '3'], 'fer-tui: unknown command "frobnicate"\nTry "fer-tui --help".\n'],
    [['trian'], 'fer-tui: unknown command "trian"\nDid you mean "train"? Try "fer-tui --help".\n'],
    [['completoin'], 'Did you mean "completion"? Try "fer-tui --help".\n'],
    [
      ['runs', 'shwo', 'a'],
      'fer-tui: unknown command "runs shwo"\nDid you mean "runs show"? Try "fer-tui runs --help".\n',
    ],
    [['runs', 'frobnicate'], 'fer-tui: unknown command "runs frobnicate"\nTry "fer-tui runs --help".\n'],
    [['train', 'train'], 'Unknown argument: train\nTry "fer-tui train --help".'],
  ];
  const WRONG: readonly (readonly [line: readonly string[], message: string])[] = [
    [['--lr', '0'], 'lr = 0: expected a number in (0, 10]'],
    [['--epochs', '1.5'], 'epochs = 1.5: expected a whole number in [1, 10000]'],
    [['--augment', 'turn=5'], 'augment: "turn=5"'],
    [['--nesterov'], 'nesterov: needs --optimizer sgd'],
  ];
  const EMPTY: readonly (readonly [line: readonly string[], name: string])[] = [
    [['train', '--out', ''], 'out'],
    [['search', ''], 'space'],
    [['search', 's.yaml', '--out='], 'out'],
    [['predict', 'a.png', ''], 'paths'],
    [['evaluate', '--data', 'x', '--weights', ''], 'weights'],
    [['runs', '--folder', ''], 'folder'],
    [['worker', '--queue', ''], 'queue'],
  ];
  const refused = runTogether([
    ...MISTYPED.map(([line]) => line),
    ...WRONG.map(([line]) => ['train', ...line]),
    ...EMPTY.map(([line]) => line),
  ]);

  it.each(MISTYPED)('%j is refused with the words of its command', async (line, message) => {
    const { code, stderr } = await refused(line);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  it.each(WRONG)('%j is refused with words that say why', async (line, message) => {
    const { code, stderr } = await refused(['train', ...line]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  it.each(EMPTY)('%j is refused: an empty text names nothing', async (line, name) => {
    const { code, stderr } = await refused(line);
    expect([code, stderr]).toEqual([2, `fer-tui: ${name}: it is empty; expected a value, or leave it out\n`]);
  });

  it('runs escapes the names of foreign folders', async () => {
    const runs = folder();
    mkdirSync(join(runs, 'a\x1b[31mb'));
    writeFileSync(join(runs, 'a\x1b[31mb', 'events.ndjson'), '');
    const { stdout } = await runCli(['runs', '--folder', runs]);
    expect(stdout).toContain('a\\x1b[31mb');
    expect(stdout).not.toContain('\x1b');
  });

  it('takes every network in models/ by name', async () => {
    const { stdout, code } = await runCli(['summary', 'fer-vgg-robust', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ trainable: 1_453_431, file: 'readable' });
  });

  it('summary prints the totals of the reference network', async () => {
    const { stdout } = await runCli(['summary', 'fer-cnn']);
    expect(stdout).toContain('conv2d (Conv2D)');
    expect(stdout).toContain('(None, 48, 48, 32)');
    expect(stdout).toContain('Trainable params: 541,191');
    expect(stdout).toContain('Non-trainable params: 1,216');
  });

  it('summary says that a file is missing, and takes what has no dot or slash for a network', async () => {
    const { code, stderr } = await runCli(['summary', 'nowhere/model.h5']);
    expect([code, stderr]).toEqual([
      5,
      'fer-tui: cannot read weights nowhere/model.h5: there is no such file; expected e.g. runs/r1/best.safetensors\n',
    ]);
    expect((await runCli(['summary', 'nowhere'])).code).toBe(2);
  });

  it('summary shows what the layers of a branching model file are connected to', async () => {
    const path = join(folder(), 'model.json');
    writeFileSync(path, JSON.stringify(toKeras(miniXception())));
    const { stdout } = await runCli(['summary', path]);
    expect(stdout).toContain('File: unverified: its format has no checksum\n');
    expect(stdout).toContain('Connected to');
    expect(stdout).not.toContain('does not end in a softmax');
    expect(stdout).toMatch(/add \(Add\) .* max_pooling2d, batch_normalization_1\n/);
  });

  it('summary says that a softmax was added', async () => {
    const path = join(folder(), 'plain.json');
    const plain = new Sequential('plain', [6, 6, 1], [Flatten(), Dense({ units: 3 })]);
    writeFileSync(path, JSON.stringify(toKeras(plain)));
    expect((await runCli(['summary', path])).stdout).toContain(
      `${path} does not end in a softmax: plain numbers go through one`,
    );
    expect(JSON.parse((await runCli(['summary', path, '--json'])).stdout)).toMatchObject({
      softmaxAdded: true,
    });
  });

  it('a text in place of weights is told to be one, with what is expected', async () => {
    const path = join(folder(), 'notes.txt');
    writeFileSync(path, 'Faces to label: 12\n');
    const { code, stderr } = await runCli(['evaluate', '--data', 'synthetic:70', '--weights', path]);
    expect([code, stderr]).toEqual([
      5,
      `fer-tui: ${path}: a text file, not a model; expected a .safetensors, .h5, .keras or .onnx file, or a network in models/: ${shippedModels().join(', ')}\n`,
    ]);
  });

  it('a link that leads nowhere is told to be one, as data and as weights', async () => {
    const cwd = folder();
    symlinkSync('missing', join(cwd, 'link'));
    for (const [line, code, words] of [
      ['data link', 4, 'data link: the link leads nowhere; expected '],
      [
        'evaluate --data synthetic:70 --weights link',
        5,
        'cannot read weights link: the link leads nowhere; ',
      ],
      ['summary link', 5, 'cannot read weights link: the link leads nowhere; '],
      ['verify link', 5, 'link: the link leads nowhere'],
    ] as const) {
      const result = await runCli(line.split(' '), { cwd });
      expect([result.code, result.stderr]).toEqual([code, expect.stringContaining(`fer-tui: ${words}`)]);
    }
  });

  it('missing data is exit 4, missing weights exit 5', async () => {
    const data = await runCli(['train', '--data', '/nowhere/fer2013.csv']);
    expect(data.code).toBe(4);
    expect(data.stderr).toContain('/nowhere/fer2013.csv: there is no such file');
    const weights = await runCli(['evaluate', '--weights', '/nowhere/w.safetensors', '--data', 'synthetic']);
    expect(weights.code).toBe(5);
  });

  it('data counts the classes', async () => {
    const { stdout } = await runCli(['data', 'synthetic:70', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      counts: { train: Array(7).fill(10), validation: Array(7).fill(10) },
    });
  });
});

describeGpu('training from the command line', () => {
  it('--json writes events and nothing else, and the run folder holds the same', async () => {
    const out = join(folder(), 'run');
    const { code, stdout } = await runCli([...TINY, '--epochs', '1', '--out', out, '--json', '--quiet']);
    expect(code).toBe(0);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events[0]).toMatchObject({ v: 1, type: 'start', model: 'fer-shallow', stepsPerEpoch: 2 });
    expect(events.filter(({ type }) => type === 'step').map(({ step }) => step)).toEqual([1, 2]);
    expect(events.find(({ type }) => type === 'epoch')).toMatchObject({ epoch: 1, of: 1, best: true });
    expect(events.at(-1)).toEqual({ type: 'end', status: 'finished', exit: 0 });
    expect(readFileSync(join(out, 'events.ndjson'), 'utf8')).toBe(stdout);
    expect(readdirSync(out).sort()).toEqual([
      'best.safetensors',
      'checkpoint.safetensors',
      'config.json',
      'events.ndjson',
      'last.safetensors',
      'summary.json',
      'tuning.json',
    ]);

    const again = await runCli([...TINY, '--epochs', '1', '--out', out]);
    expect(again.code).toBe(5);
    expect(again.stderr).toContain('holds an earlier run');

    const report = await runCli([
      'evaluate',
      '--weights',
      join(out, 'best.safetensors'),
      '--data',
      'synthetic:56',
      '--json',
    ]);
    const result = JSON.parse(report.stdout);
    expect(Object.keys(result)).toEqual(
      expect.arrayContaining(['loss', 'accuracy', 'perClass', 'confusion']),
    );
    expect(result.accuracy).toBeCloseTo(events.find(({ type }) => type === 'epoch').val.acc, 6);
  });

  it('SIGINT stops after the batch, saves, and exits with 130', async () => {
    const out = join(folder(), 'run');
    let sent = false;
    const { code, stderr } = await runCli([...TINY, '--epochs', '9999', '--out', out], {
      onStderr: (text, kill) => {
        if (sent || !text.includes('epoch 1/')) return;
        sent = true;
        kill('SIGINT');
      },
    });
    expect(code).toBe(130);
    expect(stderr).toContain('stopping after this batch');
    expect(existsSync(join(out, 'last.safetensors'))).toBe(true);
    expect(existsSync(join(out, 'lock'))).toBe(false);
  });
});
