import { checkKernels, type KernelCheck, TOLERANCE } from '../../check/kernel_checks.js';
import { findData } from '../../data/find_data.js';
import { eightLanes, lanesOf } from '../../gpu/adapter.js';
import { type Gpu, listAdapters, openGpu } from '../../gpu/device.js';
import { wantsMatrixUnits } from '../../gpu/matrix_units.js';
import { tuningOf } from '../../gpu/tuning.js';
import { Learner } from '../../nn/learner.js';
import { buildModel } from '../../nn/models.js';
import { EXIT } from '../../util/errors.js';
import type { DoctorArgs } from '../declarations/doctor.js';
import type { GlobalArgs } from '../declarations/globals.js';
import { adapterFix, type Check, systemChecks } from '../doctor_system.js';
import { writeJson } from '../run_command.js';

/** Batch size of the step whose kernels are listed: the default of training. */
const BATCH = 28;

/** `fer-tui doctor`: checks the system. Each check is a line: ok, or missing with the command that fixes it. */
export async function doctor({ kernels, adapter, json }: DoctorArgs & GlobalArgs): Promise<number> {
  const checks: Check[] = [];
  const add = (check: Check): void => {
    checks.push(check);
    if (!json) process.stdout.write(line(check));
  };
  let gpu: Gpu | undefined;
  let adapters: readonly string[] = [];
  try {
    adapters = await listAdapters(); // before a device is open, to keep the drivers' harmless messages off the terminal
    gpu = await openGpu({ adapter });
    for (const check of gpuChecks(gpu, adapters)) add(check);
    add(tuningCheck(gpu));
    add(await kernelCheck(gpu));
  } catch (error) {
    const misnamed = adapter !== undefined && adapters.length > 0;
    const fix = misnamed ? 'give part of a name that there is as --adapter' : adapterFix();
    add({ name: 'GPU adapter', ok: false, detail: (error as Error).message, fix });
  }
  for (const check of await systemChecks()) add(check);
  add(datasetCheck());
  const results: KernelCheck[] = [];
  if (kernels && gpu !== undefined) {
    results.push(
      ...(await checkKernels(gpu, (r) => {
        if (!json)
          process.stdout.write(
            `${r.ok ? 'ok     ' : 'WRONG  '} ${r.kernel}  ${r.title}: error ${r.error.toExponential(1)}, allowed ${r.tolerance}\n`,
          );
      })),
    );
  }
  gpu?.close();
  const usable = checks.every((check) => check.ok || check.optional);
  const wrong = results.filter((result) => !result.ok).length;
  const ok = usable && wrong === 0;
  if (json) writeJson({ v: 1, type: 'result', ok, checks, ...(kernels && { kernels: results }) });
  else if (kernels && gpu !== undefined) {
    const worst = (halves: boolean): string =>
      Math.max(
        ...results.filter((r) => r.tolerance > TOLERANCE === halves).map(({ error }) => error),
      ).toExponential(1);
    process.stdout.write(
      `${results.length} kernel checks, ${wrong} wrong, worst error ${worst(false)}, with halves ${worst(true)}\n`,
    );
  }
  if (!usable) return EXIT.noGpu;
  return wrong > 0 ? EXIT.bug : EXIT.done;
}

function line({ name, ok, detail, fix, optional }: Check): string {
  const state = ok ? 'ok     ' : optional ? 'absent ' : 'MISSING';
  return `${state} ${name}: ${detail}${ok || fix === undefined ? '' : `\n        fix: ${fix}`}\n`;
}

function gpuChecks(gpu: Gpu, adapters: readonly string[]): Check[] {
  const { info, device } = gpu;
  const { limits } = device;
  const feature = (name: string, use: string, otherwise: string): Check => {
    const ok = info.features.includes(name);
    return { name: `feature ${name}`, ok, optional: true, detail: ok ? use : `not available: ${otherwise}` };
  };
  return [
    {
      name: 'GPU adapter',
      ok: true,
      detail: `${info.name}${info.software ? ' (software: runs on the CPU)' : ''}`,
    },
    { name: 'adapters', ok: true, detail: adapters.join(', ') },
    feature('subgroups', subgroupUse(gpu), 'products keep their tiles in single threads or workgroups'),
    feature(
      'shader-f16',
      'there, and used for matrix units alone: elsewhere mixed_float16 packs pairs of halves without it',
      'not needed: mixed_float16 packs pairs of halves without it',
    ),
    matrixUnits(gpu),
    feature(
      'timestamp-query',
      'used: bench, tune and Train time single kernels',
      'bench and tune time by the clock, and single kernels of a step are not timed',
    ),
    {
      name: 'limits',
      ok: true,
      detail: `${(limits.maxStorageBufferBindingSize / 2 ** 20).toFixed(0)} MiB per buffer, ${limits.maxComputeInvocationsPerWorkgroup} invocations per workgroup, ${limits.maxComputeWorkgroupStorageSize / 1024} KiB workgroup memory`,
    },
  ];
}

/** How the kernels use the adapter's subgroups. */
function subgroupUse(gpu: Gpu): string {
  const { subgroupMin, subgroupMax } = gpu.info;
  const lanes = subgroupMin === subgroupMax ? `${subgroupMin}` : `${subgroupMin} to ${subgroupMax}`;
  if (eightLanes(gpu))
    return `used: subgroups of ${lanes} hold the tiles of products and convolutions in registers`;
  const use =
    lanesOf(gpu) === undefined
      ? 'not used'
      : 'used only for products, where "fer-tui tune" finds that faster';
  return `there, and ${use}: subgroups of ${lanes}; kernels are written for exactly 8, and otherwise products keep their tiles in single threads or workgroups`;
}

/** Whether products of halves use the adapter's matrix units. */
function matrixUnits({ info }: Gpu): Check {
  const { matrixUnit: unit } = info;
  const use = info.software ? 'where "fer-tui tune" finds that faster' : 'in mixed_float16';
  const detail = unit
    ? `used ${use}: products of ${unit.height} x ${unit.step} by ${unit.step} x ${unit.width} halves in one instruction`
    : wantsMatrixUnits()
      ? 'not available: the adapter or its driver has none that multiply float16 and add in float32'
      : 'not asked for: with FER_TUI_MATRIX_UNITS=1 training in mixed_float16 uses them (experimental)';
  return { name: 'matrix units', ok: unit !== undefined, optional: true, detail };
}

/** The shaders that a training step of the reference network runs, without those that have no alternative. */
async function kernelCheck(gpu: Gpu): Promise<Check> {
  const name = 'kernels in use';
  let learner: Learner | undefined;
  try {
    learner = new Learner(gpu, buildModel('fer-cnn'));
    const commands = await learner.commands(BATCH);
    const shaders = [...new Set(commands.map(({ kernel }) => kernel.replace(/\..*/, '')))];
    const chosen = shaders.filter((shader) => /^(conv2d|matmul|dense)/.test(shader)).sort();
    return { name, ok: true, detail: `${chosen.join(', ')} (fer-cnn, batch ${BATCH})` };
  } catch (error) {
    const detail = (error as Error).message;
    return { name, ok: false, optional: true, detail, fix: 'fer-tui doctor --kernels' };
  } finally {
    await learner?.dispose();
  }
}

function tuningCheck(gpu: Gpu): Check {
  const { size } = tuningOf(gpu).table;
  return {
    name: 'tuned kernels',
    ok: size > 0,
    optional: true,
    detail: size > 0 ? `${size} measured choices` : 'none measured on this adapter; the defaults are used',
    fix: 'fer-tui tune',
  };
}

function datasetCheck(): Check {
  const found = findData();
  return {
    name: 'FER-2013',
    ok: found !== undefined,
    optional: true,
    detail: found ?? 'not in ./data; until then, training can use the built-in drawn faces',
    fix: 'download fer2013.csv or archive.zip from Kaggle into ./data, or set FER_TUI_DATA',
  };
}
