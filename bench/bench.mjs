#!/usr/bin/env node
/**
 * Measures the engine on this adapter (after `npm run build`; `npm run bench` does both):
 *
 *   npm run bench -- [kernels|steps|peers ...] [--filter TEXT] [--batch 28] [--seconds 1] [--quick]
 *                    [--json] [--out FILE] [--compare OLD.json] [--adapter NAME] [--force conv2d=subgroup,matmul=tiled]
 *
 * kernels: every variant x layer shape; steps: whole training steps and inference, cold and warm start;
 * peers: the same network in other frameworks, in turns with ours (see bench/README.md).
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measureCeilings } from '../dist/bench/ceiling.js';
import { benchKernels, kernelTable } from '../dist/bench/kernels.js';
import { figure } from '../dist/bench/report.js';
import { verdict } from '../dist/bench/statistics.js';
import { benchSteps, stepTable, waterfall } from '../dist/bench/steps.js';
import { table } from '../dist/cli/table.js';
import { tuningOf } from '../dist/gpu/tuning.js';
import { openGpu } from '../dist/index.js';
import { benchPeers, peerTable } from './peers.mjs';

const PARTS = ['kernels', 'steps', 'peers'];
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    filter: { type: 'string' },
    batch: { type: 'string', default: '28' },
    seconds: { type: 'string', default: '1' },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    out: { type: 'string' },
    compare: { type: 'string' },
    adapter: { type: 'string' },
    force: { type: 'string', default: '' },
  },
});
const parts = positionals.length > 0 ? positionals : ['kernels', 'steps'];
const unknown = parts.find((part) => !PARTS.includes(part));
if (unknown !== undefined) {
  console.error(`bench: "${unknown}": expected ${PARTS.join(', ')}`);
  process.exit(2);
}
const batch = Number(options.batch);
const seconds = options.quick ? 0.2 : Number(options.seconds);
const log = (text) => process.stderr.isTTY && process.stderr.write(`\r\x1b[K${text}`);

const gpu = await openGpu({ profile: true, adapter: options.adapter });
for (const [family, way] of options.force.split(',').map((text) => text.split('=')))
  if (way !== undefined) tuningOf(gpu).forced.set(family, way);
const result = {
  date: new Date().toISOString(),
  adapter: gpu.info.name,
  cpu: `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}`,
  node: process.version,
  ceilings: await measureCeilings(gpu, { seconds }),
};
if (parts.includes('kernels')) {
  result.kernels = await benchKernels(gpu, result.ceilings, { batch, filter: options.filter, seconds, log });
}
if (parts.includes('steps')) {
  const models = ['fer-cnn', 'fer-vgg', 'fer-shallow'].slice(0, options.quick ? 1 : 3);
  const inference = options.quick ? [1, 28] : [1, 28, 256];
  result.steps = await benchSteps(gpu, { models, batches: [batch], inference, seconds: seconds * 5, log });
  result.start = { cold: firstStep(true), warm: firstStep(false) };
}
gpu.close();
if (parts.includes('peers'))
  result.peers = await benchPeers({ rounds: options.quick ? 3 : 9, filter: options.filter, log });
log('');

if (options.out) writeFileSync(options.out, `${JSON.stringify(result, null, 1)}\n`);
if (options.json) console.log(JSON.stringify(result));
else print(result);
if (options.compare) compare(JSON.parse(readFileSync(options.compare, 'utf8')), result);
process.exitCode = result.kernels?.some(({ wrong }) => wrong) ? 1 : 0;

/** Seconds to the first step in a process of its own; cold: Mesa's shader cache in an empty folder. */
function firstStep(cold) {
  const cache = cold ? { MESA_SHADER_CACHE_DIR: mkdtempSync(join(tmpdir(), 'fer-tui-cold-')) } : {};
  const script = fileURLToPath(new URL('first_step.mjs', import.meta.url));
  const child = spawnSync('node', [script], { encoding: 'utf8', env: { ...process.env, ...cache } });
  return JSON.parse(child.stdout.trim().split('\n').at(-1) ?? '{}');
}

function print({ adapter, cpu, ceilings, kernels, steps, start, peers }) {
  console.log(`${adapter}, ${cpu}`);
  console.log(`ceilings: ${figure(ceilings.gflops)} GFLOP/s, ${figure(ceilings.gbytes)} GB/s`);
  if (kernels) printTable(kernelTable(kernels));
  if (steps) {
    printTable(stepTable(steps));
    const { total, table } = waterfall(steps[0].kernels);
    printTable(table, `${steps[0].name}: ${figure(total)} ms of device time`);
    console.log(
      `\nfirst step after process start: cold ${figure(start.cold.seconds)} s, warm ${figure(start.warm.seconds)} s`,
    );
  }
  if (peers) printTable(peerTable(peers));
}

function printTable({ head, rows }, title = '') {
  process.stdout.write(`\n${title && `${title}\n`}${table(head, rows)}`);
}

function compare(old, now) {
  const before = new Map();
  const key = (r) => `${r.name} ${r.variant ?? ''}`.trim();
  for (const r of [...(old.kernels ?? []), ...(old.steps ?? [])]) if (r.ms) before.set(key(r), r.ms);
  const rows = [...(now.kernels ?? []), ...(now.steps ?? [])]
    .filter((r) => r.ms && before.has(key(r)))
    .map((r) => {
      const was = before.get(key(r));
      return [
        key(r),
        figure(was.median),
        figure(r.ms.median),
        figure(was.median / r.ms.median),
        verdict(was, r.ms),
      ];
    });
  process.stderr.write(`\n${table(['what', 'ms before', 'ms now', 'ratio', 'verdict'], rows)}`);
}
