#!/usr/bin/env node
import { createRequire } from 'node:module';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { OPTIONS } from '../train/options.js';
import { EXIT } from '../util/errors.js';
import { nearest } from '../util/nearest.js';
import { COMMANDS } from './commands.js';

/**
 * The `fer-tui` program. Parsing loads neither the GPU binding nor the data code: each command imports what it
 * needs when it runs, so that `--help` answers at once.
 */
process.env['NODE_ENV'] ??= 'production';

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

const EXIT_CODES = `Exit codes: 0 done · 1 bug or failed check · 2 usage · 3 no usable GPU · 4 data missing or bad ·
5 run or weights missing, damaged or unfitting · 6 diverged · 7 camera · 8 device lost or out of memory ·
130 interrupted · 143 terminated (both after saving)`;

/** Options that mean the program itself; with any other, or none, and no command it is the terminal UI. */
const OF_PROGRAM = ['--help', '--version', '--get-yargs-completions'];
const typed = hideBin(process.argv);
const bare = typed[0] === undefined || (typed[0].startsWith('-') && !OF_PROGRAM.includes(typed[0]));
const words = bare ? ['tui', ...typed] : typed;
const cli = yargs(words)
  .scriptName('fer-tui')
  .usage('$0 <command>\n\nTrains and runs a facial-expression CNN on a from-scratch WebGPU core.')
  .command(COMMANDS)
  .option('json', {
    type: 'boolean',
    default: false,
    global: true,
    describe: 'machine-readable output on stdout',
  })
  .option('quiet', { type: 'boolean', default: false, global: true, describe: 'no progress on stderr' })
  .option('color', { choices: ['auto', 'always', 'never'] as const, default: 'auto', global: true })
  .demandCommand(1, 'Say which command to run.')
  .strict()
  .recommendCommands()
  .completion('completion', 'Print a completion script for your shell')
  .epilogue(EXIT_CODES)
  .version(version)
  .help()
  .wrap(Math.min(110, process.stdout.columns ?? 80))
  .fail((message, error) => {
    // A command's own errors are handled by the command; what arrives here is bad usage.
    const text = message ?? error.message;
    const [, unknown] = /^Unknown arguments?: ([\w-]+)/.exec(text) ?? [];
    const near =
      words[0] === 'train' && unknown !== undefined ? nearest(unknown, Object.keys(OPTIONS)) : undefined;
    const hint = near === undefined ? 'Try "fer-tui --help".' : `Did you mean --${near}?`;
    process.stderr.write(`fer-tui: ${text}\n${hint}\n`);
    process.exit(EXIT.usage);
  });

const wantsTui = words[0] === 'tui' && !words.includes('--help');
if (wantsTui && !(process.stdin.isTTY && process.stdout.isTTY)) {
  cli.showHelp('error');
  process.stderr.write('\nfer-tui: the terminal UI needs a terminal at both ends; here one is missing\n');
  process.exitCode = EXIT.usage;
} else await cli.parseAsync();
