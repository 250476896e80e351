/**
 * The table of adapters in docs/performance.md: software Vulkan of Mesa with 8, 4 and 16 lanes and without subgroups, and
 * SwiftShader, as far as this machine has them; with FER_MESA_ROOT that of another Mesa (bench/mesa_root.sh). A process each; all of them, round after round, so that whatever else the
 * machine does meets all alike.
 *
 *   node bench/adapters.mjs [MODEL] [--rounds 5] [--seconds 3] [--no-checks]
 *
 * Prints for each the kernel checks, and medians over the rounds of training, one face and a batch of faces; in brackets
 * the best round. A round takes the fastest quarter of its runs.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { randomBatch } from '../dist/bench/steps.js';
import { checkKernels } from '../dist/check/kernel_checks.js';
import { buildModel, Learner, openGpu } from '../dist/index.js';
import { scriptOptions } from '../scripts/script_options.mjs';

const { positionals, values } = scriptOptions(import.meta.url, {
  allowPositionals: true,
  options: {
    rounds: { type: 'number', whole: true, default: 5 },
    seconds: { type: 'number', default: 3 },
    'no-checks': { type: 'boolean' },
    /** Of a process that measures: the adapter, and whether to check. */
    child: { type: 'string' },
    checks: { type: 'boolean' },
    plain: { type: 'boolean' },
  },
});
const [model = 'fer-cnn'] = positionals;
const BATCH = 28;
const at = (list, share) => list.toSorted((a, b) => a - b)[Math.floor((list.length - 1) * share)];

/** Milliseconds of the fastest quarter of what `run` takes, for a third of the time. */
async function fastest(run) {
  await run();
  const times = [];
  for (const end = performance.now() + (1000 * values.seconds) / 3; performance.now() < end; ) {
    const begin = performance.now();
    await run();
    times.push(performance.now() - begin);
  }
  return at(times, 0.25);
}

async function measure(adapter) {
  const gpu = await openGpu({ adapter });
  if (values.plain) {
    const features = gpu.info.features.filter((name) => name !== 'subgroups');
    Object.assign(gpu, { info: { ...gpu.info, features, subgroupMin: 0, subgroupMax: 0 } });
  }
  const learner = new Learner(gpu, buildModel(model));
  const [images, labels] = randomBatch(BATCH);
  const [face] = randomBatch(1);
  const train = async () => {
    await learner.train(images, labels);
    await gpu.sync();
  };
  const begin = performance.now();
  await train();
  const first = (performance.now() - begin) / 1000;
  const times = [await fastest(train)];
  for (const faces of [face, images]) times.push(await fastest(() => learner.predict(faces)));
  const checks = values.checks ? await checkKernels(gpu) : [];
  const wrong = checks.filter(({ ok }) => !ok).length;
  console.log(JSON.stringify({ first, times, checks: checks.length, wrong }));
  process.exit(0);
}

if (values.child !== undefined) await measure(values.child);
buildModel(model); // throws for a name that there is not, before the first process

const CHECKOUT = fileURLToPath(new URL('..', import.meta.url));
const MESA_ROOT = fileURLToPath(new URL('mesa_root.sh', import.meta.url));
const DRIVERS = '/usr/share/vulkan/icd.d';
const lavapipe = existsSync(DRIVERS)
  ? readdirSync(DRIVERS).find((name) => name.startsWith('lvp_icd'))
  : undefined;
const mesa = (name, bits, ...more) => ({
  ...{ name, adapter: 'llvmpipe', more, driver: lavapipe && `${DRIVERS}/${lavapipe}` },
  env: { LP_NATIVE_VECTOR_WIDTH: String(bits) },
});
const SWIFTSHADER = process.env.FER_SWIFTSHADER ?? '/usr/lib/chromium/vk_swiftshader_icd.json';
const ADAPTERS = [
  mesa('lavapipe, 8 lanes', 256),
  mesa('lavapipe, 4 lanes', 128),
  mesa('lavapipe, 16 lanes', 512),
  mesa('lavapipe, no subgroups', 256, '--plain'),
  { name: 'SwiftShader', adapter: 'SwiftShader', more: [], driver: SWIFTSHADER, env: {} },
].filter(({ driver }) => driver !== undefined && existsSync(driver));
const root = process.env.FER_MESA_ROOT;
if (root !== undefined) {
  const own = mesa(`lavapipe of ${basename(root)}`, 256);
  ADAPTERS.push({ ...own, driver: `${DRIVERS}/lvp_icd.json`, start: [MESA_ROOT, root, '--', 'node'] });
}

const results = new Map(ADAPTERS.map(({ name }) => [name, []]));
for (let round = 0; round < values.rounds; round++) {
  for (const { name, adapter, driver, env, more, start = [process.execPath] } of ADAPTERS) {
    const checks = round === 0 && !values['no-checks'] ? ['--checks'] : [];
    const [command, ...first] = start;
    const words = [
      ...first,
      fileURLToPath(import.meta.url),
      model,
      '--child',
      adapter,
      '--seconds',
      String(values.seconds),
      ...checks,
      ...more,
    ];
    const { stdout, stderr } = spawnSync(command, words, {
      ...{ cwd: CHECKOUT, encoding: 'utf8', env: { ...process.env, ...env, VK_DRIVER_FILES: driver } },
    });
    const line = stdout.trim().split('\n').at(-1) ?? '';
    if (!line.startsWith('{')) throw new Error(`${name}: ${stderr.trim().split('\n').at(-1)}`);
    results.get(name).push(JSON.parse(line));
    process.stderr.write(`round ${round + 1}: ${name}\n`);
  }
}

const figure = (x) => (x >= 100 ? String(Math.round(x)) : x.toPrecision(3));
const spread = (list, best) => `${figure(at(list, 0.5))} (${figure(best(...list))})`;
console.log(`${model}, batch ${BATCH}; medians of ${values.rounds} rounds, in brackets the best\n`);
console.log(
  '| adapter | kernel checks | training, img/s | one face, ms | batch of 28, img/s | first step, s |',
);
console.log('|---|---|---|---|---|---|');
for (const [name, rounds] of results) {
  const [{ checks, wrong }] = rounds;
  const rate = (i) => rounds.map(({ times }) => (1000 * BATCH) / times[i]);
  const faces = rounds.map(({ times }) => times[1]);
  const first = rounds.map((round) => round.first);
  const told = checks > 0 ? `${checks}, ${wrong} wrong` : '';
  const cells = [told, spread(rate(0), Math.max), spread(faces, Math.min), spread(rate(2), Math.max)];
  console.log(`| ${[name, ...cells, spread(first, Math.min)].join(' | ')} |`);
}
