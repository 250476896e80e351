import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keyTables } from '../dist/tui/key_docs.js';
import { withPart } from './generated_parts.mjs';
import { Terminal } from './terminal.mjs';

/**
 * Writes the generated parts of docs/tui.md: the table of keys, and the screens as a real pseudo-terminal shows them,
 * with drawn faces. `npm run docs:tui`; `--keys` does the keys alone.
 */
const root = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const CLI = root('dist/cli/main.js');
const DOC = root('docs/tui.md');

const COMMAND = 'npm run docs:tui';

const env = { NODE_ENV: 'production', NO_COLOR: '1' };
const cwd = mkdtempSync(join(tmpdir(), 'fer-tui-docs-'));
const captures = [];

function capture(title, terminal, { cols, rows }) {
  captures.push(`### ${title}, ${cols} x ${rows}`, '', '```text', terminal.lines().join('\n'), '```', '');
}

/** One visit: opens the program, does what is to be done, and looks. */
async function visit(title, size, args, steps) {
  const terminal = new Terminal(process.execPath, [CLI, ...args], { cwd, env, ...size });
  for (const step of steps) {
    if (step.press !== undefined) terminal.press(...step.press);
    if (step.see !== undefined) await terminal.waitFor(step.see, 120_000);
    if (step.wait !== undefined) await new Promise((resolve) => setTimeout(resolve, step.wait));
  }
  capture(title, terminal, size);
  terminal.kill();
  await terminal.exited;
}

const WIDE = { cols: 100, rows: 30 };
const STANDARD = { cols: 80, rows: 24 };
const NARROW = { cols: 60, rows: 20 };
const SMALL = { cols: 40, rows: 12 };

/** A search of some seconds, as the Studies screen shows it. */
async function studyScreens() {
  const shared = ['--data', 'synthetic:700', '--epochs', '6', '--quiet'];
  const search = ['search', root('examples/space.yaml'), '--trials', '14', '--pruner', 'asha', ...shared];
  execFileSync(process.execPath, [CLI, ...search], { cwd, stdio: 'ignore' });
  const there = { see: 'explain' };
  await visit('Studies', WIDE, ['tui', 'studies'], [there]);
  await visit(
    'Studies, by one setting',
    STANDARD,
    ['tui', 'studies'],
    [there, { press: ['v', 'v'], wait: 1500 }],
  );
}

async function screens() {
  const train = (...words) =>
    execFileSync(
      process.execPath,
      [CLI, 'train', '--quiet', '--augment', 'flip', '--dropout', '0.1', '--log-every', '2', ...words],
      {
        ...{ cwd, stdio: 'ignore' },
      },
    );
  train('--model', 'fer-shallow', '--data', 'synthetic:1400', '--epochs', '4', '--batch', '10');
  train('--model', 'fer-cnn', '--data', 'synthetic:2100', '--epochs', '4', '--batch', '10');
  await visit('Home', WIDE, [], [{ see: 'finished' }, { see: 'timestamps' }]);
  await visit(
    'Train, the form',
    STANDARD,
    ['tui', 'train'],
    [{ see: 'Start training' }, { press: ['down', 'down', 'down'] }, { wait: 500 }],
  );
  const replay = ['tui', 'train', '--replay', 'runs/r2/events.ndjson', '--replay-speed', '1000'];
  for (const size of [WIDE, STANDARD, NARROW, SMALL]) {
    await visit('Train', size, replay, [{ see: size === SMALL ? 'epoch' : 'FINISHED' }, { wait: 1500 }]);
  }
  await visit(
    'Train, how to stop',
    STANDARD,
    [...replay.slice(0, -1), '30'],
    [{ see: 'epoch 2/4' }, { press: ['x'], see: 'kill the engine' }],
  );
  await visit(
    'Data',
    WIDE,
    ['tui', 'data'],
    [{ see: 'Happy' }, { press: ['right', 'right', 'right'] }, { wait: 1500 }],
  );
  await visit(
    'Data, a contact sheet',
    STANDARD,
    ['tui', 'data'],
    [{ see: 'Happy' }, { press: ['g'] }, { wait: 1500 }],
  );
  await visit(
    'Model',
    WIDE,
    ['tui', 'model'],
    [{ see: 'parameters' }, { press: ['down', 'down'] }, { wait: 1500 }],
  );
  await visit(
    'Model, filters',
    STANDARD,
    ['tui', 'model'],
    [{ see: 'parameters' }, { press: ['enter'], see: '32 filters' }, { wait: 1000 }],
  );
  await visit(
    'Runs',
    WIDE,
    ['tui', 'runs'],
    [{ see: 'r2' }, { press: ['space', 'down', 'space'] }, { wait: 1500 }],
  );
  await studyScreens();
  await visit('Kernels', WIDE, ['tui', 'kernels'], [{ see: 'winograd4' }, { press: ['b'], wait: 4000 }]);
  const open = { see: 'faces of drawn faces' };
  const next = (...keys) => ({ press: keys.length > 0 ? keys : ['right'], wait: 4000 });
  const stages = [
    ['batch', []],
    ['augmentation', [next()]],
    ['forward', [next(), next(), next(']', ']', ']', ']', ']')]],
    ['loss', [next(), next(), next()]],
    ['backward', [next(), next(), next(), next()]],
    ['update', [next(), next(), next(), next(), next()]],
    ['same batch again', [next(), next(), next(), next(), next(), next()]],
  ];
  const learn = ['learn', 'fer-cnn'];
  for (const [name, steps] of stages) await visit(`Learn, ${name}`, WIDE, learn, [open, ...steps]);
  await visit('Learn, one number', STANDARD, learn, [
    ...[open, next(), next(), next('enter', 'down', 'down', 'right', 'right')],
  ]);
  await visit('Learn, one weight', WIDE, learn, [open, next(), next(), next('v'), { wait: 6000 }]);
  await visit('Learn, the kernels', WIDE, learn, [
    open,
    next(),
    next(),
    next(']', ']', ']', ']', ']', 'w'),
    { wait: 20_000 },
  ]);
  await visit('Learn, one number', NARROW, learn, [open, next(), next(), next('enter', 'down', 'right')]);
  await visit(
    'Webcam, the built-in demo',
    WIDE,
    ['webcam', '--source', 'demo', '--weights', 'runs/r2/best.safetensors'],
    [{ see: 'Happy' }, { wait: 4000 }],
  );
}

let document = withPart(readFileSync(DOC, 'utf8'), 'keys', COMMAND, keyTables());
if (!process.argv.includes('--keys')) {
  await screens();
  document = withPart(document, 'screens', COMMAND, captures.join('\n').trimEnd());
}
writeFileSync(DOC, document);
process.exit(0);
