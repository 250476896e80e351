import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { Terminal } from '../../scripts/terminal.mjs';
import { worthReading } from '../../src/gpu/driver_lines.js';
import { openTerminal } from '../helpers/terminal.js';

const KNOWN = ['Uniform', 'Storage']
  .map(
    (kind) => `Warning: maxDynamic${kind}BuffersPerPipelineLayout artificially reduced from 9 to 8 to fit.\n`,
  )
  .join('');
const MODULE = resolve('dist/gpu/driver_lines.js');

/** A script that prints as a driver does, with what comes before it, in a terminal. */
function printed(before: string, redirection = '') {
  const cache = mkdtempSync(join(tmpdir(), 'fer-tui-driver-'));
  const script = `
    const { writeSync } = await import('node:fs');
    const { withoutHarmlessLines } = await import(${JSON.stringify(MODULE)});
    ${before}
    const found = withoutHarmlessLines(() => {
      writeSync(2, ${JSON.stringify(`${KNOWN}a line that nobody knows\n`)});
      return 'a device';
    }, false);
    writeSync(2, found + ' after that, on a terminal: ' + (await import('node:tty')).isatty(2) + '\\n');
    process.exit();`;
  const shell = '"$NODE" --input-type=module -e "$SCRIPT"';
  const t = new Terminal('bash', ['-c', `${shell} ${redirection}; echo "exit $?"; sleep 60`], {
    cwd: cache,
    env: { NODE: process.execPath, SCRIPT: script, XDG_CACHE_HOME: cache },
  });
  onTestFinished(() => t.kill());
  return { t, cache };
}

it.runIf(process.platform === 'linux')('keeps only the known lines of drivers from a terminal', async () => {
  const { t, cache } = printed('');
  await t.waitFor('exit 0');
  expect(t.raw).not.toContain('maxDynamic');
  expect(t.raw).toContain('a line that nobody knows');
  expect(t.raw).toContain('a device after that, on a terminal: true');
  expect(readFileSync(join(cache, 'fer-tui', 'driver.log'), 'utf8')).toContain(KNOWN);
});

it.runIf(process.platform === 'linux')('keeps them from a pipe, of which nothing else is lost', async () => {
  const { t, cache } = printed(`writeSync(2, 'before\\n');`, '2>&1 >/dev/null | cat > log');
  await t.waitFor('exit 0');
  expect(readFileSync(join(cache, 'log'), 'utf8')).toBe(
    'before\na line that nobody knows\na device after that, on a terminal: false\n',
  );
});

it.runIf(process.platform === 'linux')('keeps them from a file that is appended to', async () => {
  const { t, cache } = printed(`writeSync(1, 'one\\n'); writeSync(2, 'before\\n');`, '>> log 2>&1');
  await t.waitFor('exit 0');
  expect(readFileSync(join(cache, 'log'), 'utf8')).toBe(
    'one\nbefore\na line that nobody knows\na device after that, on a terminal: false\n',
  );
});

it('leaves the lines where another thread might be given the descriptor', async () => {
  const { t } = printed(`(await import('node:fs/promises')).stat('.');`);
  await t.waitFor('exit 0');
  expect(t.raw).toContain('maxDynamic');
  expect(t.raw).toContain('on a terminal: true');
});

it('leaves a file as it is', async () => {
  const { t, cache } = printed('', '2> log');
  await t.waitFor('exit 0');
  expect(readFileSync(join(cache, 'log'), 'utf8')).toMatch(
    /^(Warning: maxDynamic.*\n){2}a line.*\na device after that, on a terminal: false\n$/,
  );
});

it.runIf(process.platform === 'linux')(
  'shows no known line on a first training, which compiles on two devices',
  async () => {
    const cache = mkdtempSync(join(tmpdir(), 'fer-tui-driver-'));
    const NET = '--model fer-shallow --filters 4 --dense 8 --batch 7 --no-kernel-check';
    const { t } = openTerminal(`train --no-tui --data synthetic:14 ${NET} --max-steps 1`, {
      env: { XDG_CACHE_HOME: cache },
    });
    await t.waitFor('exit 0');
    expect(t.raw).not.toContain('maxDynamic');
  },
);

it('knows a line as a whole', () => {
  expect(worthReading(KNOWN)).toBe('');
  expect(worthReading(`${KNOWN}Warning: maxDynamic is new\nerror\n`)).toBe(
    'Warning: maxDynamic is new\nerror\n',
  );
});
