import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A copy of parts of the project in a folder of its own, in which everything else is a link. The caller removes it. */
export function copyOfTree(...copied: readonly string[]): string {
  const copy = mkdtempSync(join(tmpdir(), 'fer-tui-lessons-'));
  for (const name of copied) cpSync(name, join(copy, name), { recursive: true });
  for (const name of readdirSync('.'))
    if (!existsSync(join(copy, name)) && !['.git', 'runs'].includes(name))
      symlinkSync(join(process.cwd(), name), join(copy, name));
  return copy;
}

/** Runs a script as a reader does, who sees both outputs. */
export async function runScript(
  script: string,
  cwd: string,
): Promise<{ status: number | null; printed: string }> {
  const local = script.replaceAll('npx fer-tui', `"${process.execPath}" dist/cli/main.js`);
  const child = spawn('bash', ['-c', `exec 2>&1\n${local}`], { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  const lines = printed.split('\n').filter((line) => !line.startsWith('Warning: maxDynamic')); // Dawn's, on some drivers
  return { status, printed: lines.join('\n') };
}
