import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { EXIT } from '../util/errors.js';

const SCRIPT = fileURLToPath(new URL('../../scripts/setup.mjs', import.meta.url));

/** Runs the set-up script in this terminal, where it may ask for a password, and returns its exit code. */
export function runSetupScript(options: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [SCRIPT, ...options], { stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? EXIT.bug));
  });
}
