#!/usr/bin/env node
/**
 * `fer-tui bench` with two things more (after `npm run build`; `npm run bench` does both): the part `peers`, the same
 * network in other frameworks in turns with ours (see bench/README.md), and `--force`, which takes a choice away from
 * tuning:
 *
 *   npm run bench -- [kernels|steps|peers ...] [--filter TEXT] [--batch 28] [--seconds 1] [--quick] [--rounds 9]
 *                    [--json] [--out FILE] [--compare OLD.json] [--adapter NAME] [--force conv2d=subgroup,matmul=tiled]
 */
import { writeFileSync } from 'node:fs';
import { BENCH_PARTS } from '../dist/bench/parts.js';
import { runBench } from '../dist/bench/run.js';
import { benchText, comparisonText, readResult, tableText } from '../dist/cli/commands/bench.js';
import { scriptOptions } from '../scripts/script_options.mjs';
import { benchPeers, peerTable } from './peers.mjs';

const { values: options, positionals } = scriptOptions(import.meta.url, {
  allowPositionals: true,
  options: {
    filter: { type: 'string' },
    batch: { type: 'string', default: '28' },
    seconds: { type: 'string', default: '1' },
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
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
const log = (text) => process.stderr.isTTY && process.stderr.write(`\r\x1b[K${text}`);
const { filter, quick, adapter } = options;
const force = Object.fromEntries(
  options.force
    .split(',')
    .map((text) => text.split('='))
    .filter(([, way]) => way !== undefined),
);

const numbers = { batch: Number(options.batch), seconds: Number(options.seconds) };
const result = await runBench({ parts, filter, quick, adapter, force, log, ...numbers });
if (parts.includes('peers')) {
  const { results, versions } = await benchPeers({
    rounds: Number(options.rounds ?? (quick ? 3 : 9)),
    ...{ filter, log },
  });
  Object.assign(result, { peers: results, versions });
}
log('');
if (options.out) writeFileSync(options.out, `${JSON.stringify(result, null, 1)}\n`);
if (options.json) console.log(JSON.stringify(result));
else {
  process.stdout.write(benchText(result));
  if (result.peers) process.stdout.write(`\n${tableText(peerTable(result.peers))}`);
}
if (options.compare) process.stderr.write(comparisonText(readResult(options.compare), result));
process.exitCode = result.kernels?.some(({ wrong }) => wrong) ? 1 : 0;
