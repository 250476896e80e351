import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { EXIT, exitCodes } from '../util/errors.js';
import { nearest } from '../util/nearest.js';
import { printable } from '../util/printable.js';
import { terminalSize } from '../util/terminal_size.js';
import { VERSION } from '../util/version.js';
import { COMMANDS, declaredBy, type Unknown, unknownCommand } from './commands.js';
import { named, withoutShell } from './completion.js';
import { GLOBALS } from './declarations/globals.js';

/**
 * The command line. Each command imports its code when it runs, so that parsing and `--help` do not wait for the GPU binding.
 */

/** Options that need no command. With any other option, or no arguments, a missing command means `tui`. */
const COMPLETIONS = '--get-yargs-completions';
const OF_PROGRAM = ['--help', '--version', COMPLETIONS];
const typed = hideBin(process.argv);
const bare = typed[0] === undefined || (typed[0].startsWith('-') && !OF_PROGRAM.includes(typed[0]));
const words = bare ? ['tui', ...typed] : withoutShell(typed);
const cli = yargs(words)
  .scriptName('fer-tui')
  .usage('$0 <command>\n\nTrains and runs a facial-expression CNN on a from-scratch WebGPU core.')
  .command(COMMANDS)
  .options(GLOBALS)
  .demandCommand(1, 'Say which command to run.')
  .strict()
  .completion('completion', 'Print a completion script for your shell, or for the one named: bash or zsh')
  .epilogue(exitCodes())
  .version(VERSION)
  .help()
  .wrap(Math.min(110, terminalSize(process.stdout).cols))
  .fail((message, error) => {
    // Only usage errors arrive here: `guarded` handles the errors of commands.
    const other = unknownCommand(words);
    if (other !== undefined) refuse(other);
    const text = message ?? error.message;
    const command = declaredBy(words);
    const [, unknown] = /^Unknown arguments?: ([\w-]+)/.exec(text) ?? [];
    const near = unknown === undefined ? undefined : nearest(unknown, command?.options ?? []);
    const help = bare || command === undefined ? 'fer-tui --help' : `fer-tui ${command.name} --help`;
    const hint = near === undefined ? `Try "${help}".` : `Did you mean --${near}?`;
    const missing = /^Not enough non-option/.test(text) && command !== undefined;
    process.stderr.write(
      `fer-tui: ${missing ? `something is missing; expected ${command.usage}` : text}\n${hint}\n`,
    );
    process.exit(EXIT.usage);
  });

/** Ends the program for a command that does not exist. */
function refuse({ name, near, group }: Unknown): never {
  const meant = near === undefined ? '' : `Did you mean "${near}"? `;
  const help = ['fer-tui', ...(group === undefined ? [] : [group]), '--help'].join(' ');
  process.stderr.write(`fer-tui: unknown command "${printable(name)}"\n${meant}Try "${help}".\n`);
  process.exit(EXIT.usage);
}

/** The runs or studies that a shell can complete the last of the words to. */
function namesFor([, ...line]: readonly string[]): string[] {
  const command = declaredBy(line);
  return command === undefined ? [] : named(line.slice(command.name.split(' ').length), command.completes);
}

const names = typed[0] === COMPLETIONS ? namesFor(typed.slice(1)) : [];
const wantsTui = words[0] === 'tui' && !words.includes('--help');
if (wantsTui && !(process.stdin.isTTY && process.stdout.isTTY)) {
  cli.showHelp('error');
  process.stderr.write(
    '\nfer-tui: the terminal UI needs a terminal for input and output, but one of them is redirected\n',
  );
  process.exitCode = EXIT.usage;
} else if (names.length > 0) process.stdout.write(`${names.join('\n')}\n`);
else await cli.parseAsync();
