#!/usr/bin/env node
/**
 * `fer-tui bench` with two things more (after `npm run build`; `npm run bench` does both): the part `peers`, the same
 * network in other frameworks in turns with ours (see bench/README.md), and `--force`, which takes a choice away from
 * tuning:
 *
 *   npm run bench -- [kernels|steps|peers ...] [--filter TEXT] [--batch 28] [--seconds 1] [--quick] [--rounds 9]
 *                    [--json] [--out FILE] [--compare OLD.json] [--adapter NAME] [--force conv2d=subgroup,matmul=tiled]
 */
import { BENCH_PARTS } from '../dist/bench/parts.js';
import { runBench } from '../dist/bench/run.js';
import { benchText, comparisonText, readResult, tableText } from '../dist/cli/commands/bench.js';
import { atomicWrite, needPlace } from '../dist/util/atomic_write.js';
import { scriptOptions } from '../scripts/script_options.mjs';
import { benchPeers, peerTable } from './peers.mjs';

const { values: options, positionals } = scriptOptions(import.meta.url, {
  allowPositionals: true,
  options: {
    filter: { type: 'string' },
    batch: { type: 'number', whole: true, default: 28 },
    seconds: { type: 'number', default: 1 },
    quick: { type: 'boolean', default: false },
    rounds: { type: 'number', whole: true },
    json: { type: 'boolean', default: false },
    out: { type: 'string' },
    compare: { type: 'string' },
    adapter: { type: 'string' },
    force: { type: 'string', default: '' },
  },
});
const known = [...BENCH_PARTS, 'peers'];
const parts = positionals.length > 0 ? positionals : BENCH_PARTS;
const unknown = parts.find((part) => !known.includes(part));
if (unknown !== undefined) {
  console.error(`bench: "${unknown}": expected ${known.join(', ')}`);
  process.exit(2);
}
if (options.out) needPlace(options.out); // before minutes of measuring
const old = options.compare && readResult(options.compare);
const log = (text) => process.stderr.isTTY && process.stderr.write(`\r\x1b[K${text}`);
const { filter, quick, adapter } = options;
const force = Object.fromEntries(
  options.force
    .split(',')
    .map((text) => text.split('='))
    .filter(([, way]) => way !== undefined),
);

const numbers = { batch: options.batch, seconds: options.seconds };
const result = await runBench({ parts, filter, quick, adapter, force, log, ...numbers });
if (parts.includes('peers')) {
  const { results, versions } = await benchPeers({
    rounds: options.rounds ?? (quick ? 3 : 9),
    ...{ filter, log },
  });
  Object.assign(result, { peers: results, versions });
}
log('');
if (options.out) atomicWrite(options.out, `${JSON.stringify(result, null, 1)}\n`);
if (options.json) console.log(JSON.stringify(result));
else {
  process.stdout.write(benchText(result));
  if (result.peers) process.stdout.write(`\n${tableText(peerTable(result.peers))}`);
}
if (old) process.stderr.write(comparisonText(old, result));
process.exitCode = result.kernels?.some(({ wrong }) => wrong) ? 1 : 0;
