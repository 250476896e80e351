import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { loadCheckpoint } from '../../src/train/checkpoint.js';
import { readEvents } from '../../src/train/event_log.js';
import { runCli } from '../helpers/cli.js';
import { describeGpu } from '../helpers/gpu.js';

const mount = (...args: string[]): void => void execFileSync('mount', args, { stdio: 'ignore' });

/** A file system of its own, so small that it can be filled; undefined where we may not mount one. */
function smallDisk(size: string): { path: string; remove: () => void } | undefined {
  const path = mkdtempSync(join(tmpdir(), 'fer-tui-disk-'));
  try {
    mount('-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path);
  } catch {
    console.warn('SKIPPING: no file system can be mounted here; needs root');
    return undefined;
  }
  return { path, remove: () => execFileSync('umount', [path]) };
}

/** A network of 20 kB; its checkpoint has 60 kB. */
const RUN = [
  ...['train', '--data', 'synthetic:70', '--model', 'fer-shallow', '--filters', '4', '--dense', '4'],
  ...['--epochs', '3', '--quiet'],
];

describeGpu('a disk', () => {
  it('that is full ends training with clear words, keeps its last state, and training goes on from there', async () => {
    const disk = smallDisk('1m');
    if (disk === undefined) return;
    try {
      const out = join(disk.path, 'run');
      expect((await runCli([...RUN, '--max-steps', '2', '--out', out])).code).toBe(0);
      const before = loadCheckpoint(join(out, 'checkpoint.safetensors')).learner.stepCount;
      expect(before).toBe(2);

      // Another program takes all that is left.
      const ballast = join(disk.path, 'ballast');
      execFileSync('sh', ['-c', `dd if=/dev/zero of=${ballast} bs=1k 2>/dev/null || true`]);
      // The run's settings say two steps; it is asked for all of them.
      const config = join(out, 'config.json');
      const settings = { ...JSON.parse(readFileSync(config, 'utf8')), maxSteps: undefined };
      rmSync(config);
      writeFileSync(config, JSON.stringify(settings));
      const full = await runCli(['train', '--resume', out, '--json', '--quiet']);
      expect(full.code).toBe(5);
      expect(full.stderr).toContain('the disk is full; free some space or move');
      expect(full.stderr).toContain('go on with --resume');
      expect(full.stdout).toContain('"type":"error"');
      expect(loadCheckpoint(join(out, 'checkpoint.safetensors')).learner.stepCount).toBe(before);
      readEvents(join(out, 'events.ndjson'));
      expect(readdirSync(out).filter((name) => /tmp|lock/.test(name))).toEqual([]);

      rmSync(ballast);
      const again = await runCli(['train', '--resume', out, '--quiet']);
      expect([again.code, loadCheckpoint(join(out, 'checkpoint.safetensors')).learner.stepCount]).toEqual([
        0, 9,
      ]);
    } finally {
      disk.remove();
    }
  });

  it('that is read-only is refused before anything is trained', async () => {
    const disk = smallDisk('1m');
    if (disk === undefined) return;
    try {
      mount('-o', 'remount,ro', disk.path);
      const { code, stderr } = await runCli([...RUN, '--out', join(disk.path, 'run')]);
      expect([code, stderr]).toEqual([5, expect.stringContaining('the file system is read-only')]);
      expect(existsSync(join(disk.path, 'run'))).toBe(false);
    } finally {
      disk.remove();
    }
  });

  it('that is full when a training starts leaves no folder behind', async () => {
    const out = join(mkdtempSync(join(tmpdir(), 'fer-tui-full-')), 'run');
    const faults = fileURLToPath(new URL('../../bench/soak_faults.mjs', import.meta.url));
    // With this seed the first write fails, that of the lock.
    const env = { FER_SOAK_FAULT: 'enospc', FER_SOAK_SEED: '1007' };
    const { code, stderr } = await runCli([...RUN, '--out', out], { env, node: ['--import', faults] });
    expect([code, stderr]).toEqual([5, expect.stringContaining(`cannot write ${out}: the disk is full`)]);
    expect(existsSync(out)).toBe(false);
  });
});
