import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { all, need, needs } from '../helpers/needs.js';

/** Other adapters than that of the tests, on the same processor: software Vulkan of other widths, and SwiftShader. */

const DRIVERS = '/usr/share/vulkan/icd.d';
const LAVAPIPE = existsSync(DRIVERS)
  ? readdirSync(DRIVERS).find((name) => name.startsWith('lvp_icd'))
  : undefined;
const SWIFTSHADER = process.env['FER_SWIFTSHADER'] ?? '/usr/lib/chromium/vk_swiftshader_icd.json';
const processor = existsSync('/proc/cpuinfo') ? readFileSync('/proc/cpuinfo', 'utf8') : '';

const lavapipe = need(LAVAPIPE !== undefined, 'no lavapipe (npx fer-tui setup graphics)');
const avx512 = need(/\bavx512f\b/.test(processor), 'the processor has no vectors of 512 bits');
const swiftShader = need(
  existsSync(SWIFTSHADER),
  'no SwiftShader (apt-get install chromium-common, or FER_SWIFTSHADER=PATH/vk_swiftshader_icd.json)',
);

const width = (bits: number) => ({
  ...{ adapter: 'llvmpipe', driver: join(DRIVERS, LAVAPIPE ?? '') },
  env: { LP_NATIVE_VECTOR_WIDTH: String(bits) },
});
const mesaRoot = process.env['FER_MESA_ROOT'] ?? '';
const otherMesa = need(mesaRoot !== '', 'no other Mesa (bench/mesa_root.sh FOLDER, FER_MESA_ROOT=FOLDER)');
const own = [process.execPath];
const MATRIX_UNITS = 'lavapipe of another Mesa with matrix units';
const ADAPTERS = [
  { name: 'lavapipe of 4 lanes', lanes: 4, wants: lavapipe, start: own, ...width(128) },
  { name: 'lavapipe of 16 lanes', lanes: 16, wants: all(lavapipe, avx512), start: own, ...width(512) },
  {
    ...{ name: 'SwiftShader', lanes: 4, wants: swiftShader },
    ...{ adapter: 'SwiftShader', driver: SWIFTSHADER, start: own, env: {} },
  },
  {
    ...{ name: 'lavapipe of another Mesa', lanes: 8, wants: otherMesa },
    ...{ ...width(256), driver: join(DRIVERS, 'lvp_icd.json') },
    start: ['bench/mesa_root.sh', mesaRoot, '--', 'node'],
  },
  {
    ...{ name: MATRIX_UNITS, lanes: 8, wants: otherMesa },
    ...{ adapter: 'llvmpipe', driver: join(DRIVERS, 'lvp_icd.json'), env: { FER_TUI_MATRIX_UNITS: '1' } },
    start: ['bench/mesa_root.sh', mesaRoot, '--', 'node'],
  },
];

type Adapter = (typeof ADAPTERS)[number];

/** Runs a command of fer-tui on an adapter, to its end; what it printed. */
function run(adapter: Adapter, ...words: string[]): string {
  return runScript(adapter, 'dist/cli/main.js', ...words, '--adapter', adapter.adapter);
}

/** The same with a script. */
function runScript({ driver, start, env }: Adapter, ...words: string[]): string {
  const [command = '', ...first] = start;
  const { stdout, stderr, status } = spawnSync(command, [...first, ...words], {
    encoding: 'utf8',
    env: {
      ...process.env,
      ...env,
      NO_COLOR: '1',
      VK_DRIVER_FILES: driver,
      // No table of earlier measurements, and no record of earlier checks.
      XDG_CACHE_HOME: mkdtempSync(join(tmpdir(), 'fer-tui-adapters-')),
      MESA_SHADER_CACHE_DIR: join(tmpdir(), 'fer-tui-adapters-shaders'),
    },
  });
  expect(status, `${words.join(' ')}: ${stderr}\n${stdout}`).toBe(0);
  return stdout;
}

for (const adapter of ADAPTERS) {
  describe(adapter.name, all(needs.full, adapter.wants), () => {
    it('computes every kernel right', { timeout: 1_800_000 }, () => {
      const said = run(adapter, 'doctor', '--kernels');
      expect(said).toMatch(/^\d{3} kernel checks, 0 wrong/m);
      if (said.includes('subgroups of')) expect(said).toContain(`subgroups of ${adapter.lanes}`);
      expect(/^ok +matmul_subgroup_matrix\./m.test(said)).toBe(adapter.name === MATRIX_UNITS);
    });

    it('trains: the loss falls in 60 steps', { timeout: 1_800_000 }, () => {
      const out = join(mkdtempSync(join(tmpdir(), 'fer-tui-adapters-run-')), 'run');
      const settings = [
        '--data',
        'synthetic:140',
        ...['--filters', '8,16', '--dense', '32', '--batch', '14'],
        ...['--dropout', '0', '--augment', 'none', '--max-steps', '60'],
      ];
      run(adapter, 'train', ...settings, '--log-every', '1', '--no-tui', '--out', out);
      const losses = readFileSync(join(out, 'events.ndjson'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { type: string; loss?: number })
        .flatMap(({ type, loss }) => (type === 'step' && loss !== undefined ? [loss] : []));
      expect(losses).toHaveLength(60);
      const mean = (part: readonly number[]) => part.reduce((sum, x) => sum + x, 0) / part.length;
      expect(mean(losses.slice(-10))).toBeLessThan(0.8 * mean(losses.slice(0, 10)));
    });

    it.runIf(adapter.name === MATRIX_UNITS)('trains to the same losses with matrix units', () => {
      const trained = JSON.parse(runScript(adapter, 'test/full/matrix_units.mjs')) as {
        unit: object;
        kernels: string[];
        float32: number[];
        without: number[];
        units: number[];
      };
      expect(trained.unit).toEqual({ height: 8, width: 8, step: 8 });
      const entries = ['product', 'product_transposed', 'transposed_product'];
      expect(trained.kernels).toEqual(entries.map((entry) => `matmul_subgroup_matrix.${entry}`));
      expect(trained.units).toHaveLength(20);
      // Sums of another order round to other halves now and then, and Adam's first steps have the size of the rate for small gradients too.
      const apartFrom = (other: readonly number[]) =>
        other.map((loss, i) => Math.abs(loss - (trained.without[i] ?? 0)));
      const apart = apartFrom(trained.units);
      // With the same weights, far less than halves change a loss at all.
      expect(apart[0]).toBeLessThan(0.25 * (apartFrom(trained.float32)[0] ?? 0));
      expect(Math.max(...apart)).toBeLessThan(0.05);
    });
  });
}
