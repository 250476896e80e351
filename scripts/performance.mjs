/**
 * Prints the tables of docs/performance.md from a run of the benchmark:
 *
 *   npm run bench -- kernels steps peers --out FILE.json; node scripts/performance.mjs FILE.json
 */
import { readFileSync } from 'node:fs';
import { refuse, scriptOptions } from './script_options.mjs';

const { positionals } = scriptOptions(import.meta.url, { allowPositionals: true });
const [path] = positionals;
if (path === undefined)
  refuse(import.meta.url, 'no file is named; expected one of "npm run bench -- --out FILE.json"');

const { adapter, cpu, node, date, ceilings, kernels, steps, start, peers, versions } = JSON.parse(
  readFileSync(path, 'utf8'),
);
const figure = (x) => (Math.abs(x) >= 100 ? String(Math.round(x)) : x.toPrecision(3));
const row = (...cells) => console.log(`| ${cells.join(' | ')} |`);
const head = (...cells) => {
  row(...cells);
  console.log(`|${'---|'.repeat(cells.length)}`);
};

console.log(`${adapter}; ${cpu}; Node ${node}; ${date.slice(0, 10)}`);
console.log(
  `ceilings: ${figure(ceilings.gflops)} GFLOP/s, ${figure(ceilings.gbytes)} GB/s${ceilings.launchMs === undefined ? '' : `, ${figure(1e3 * ceilings.launchMs)} µs to start a dispatch`}\n`,
);

/** Images a second of the fastest of the peers whose name begins so. */
function best(work, name) {
  const found = peers.filter((r) => r.work === work && r.peer.startsWith(name) && r.ms !== undefined);
  return found.reduce((a, b) => (b.imgPerS > a.imgPerS ? b : a), found[0]);
}
const own = (work) => peers.find((r) => r.work === work && r.peer === 'fer-tui');
function ratioRow(label, work, peer, target) {
  const [ours, theirs] = [own(work), best(work, peer)];
  if (theirs === undefined) return;
  const ratio = ours.imgPerS / theirs.imgPerS;
  const rates = `${figure(ours.imgPerS)} against ${figure(theirs.imgPerS)} img/s, ${theirs.peer}`;
  row(label, target, `${ratio.toFixed(2)}x (${rates}${roundByRound(ours, theirs)})`);
}

/** Ratios within each round, which saw one state of the machine or nearly: the middle one, and the middle half. */
function roundByRound(ours, theirs) {
  if (ours.rounds === undefined) return '';
  const ratios = ours.rounds.map((ms, i) => theirs.rounds[i] / ms).filter(Number.isFinite);
  ratios.sort((a, b) => a - b);
  const at = (part) => ratios[Math.floor(part * (ratios.length - 1))].toFixed(2);
  return `; round by round ${at(0.5)}x, half of them ${at(0.25)} to ${at(0.75)}`;
}

if (versions) console.log(`${[...new Set(Object.values(versions))].join('; ')}\n`);
if (peers) {
  head('`fer-cnn`, unless said', 'target', 'reached');
  ratioRow('training, batch 28, against PyTorch', 'train 28 fer-cnn', 'PyTorch', '1.0x');
  ratioRow('training, batch 64, against PyTorch', 'train 64 fer-cnn', 'PyTorch', '0.7x');
  ratioRow(
    'training, batch 28, against TensorFlow.js WebGPU',
    'train 28 fer-cnn',
    'TensorFlow.js WebGPU',
    '20x',
  );
  ratioRow('training, batch 28, against Keras', 'train 28 fer-cnn', 'Keras', '1.0x');
  ratioRow('inference, batch 28, against PyTorch', 'infer 28 fer-cnn', 'PyTorch', '0.7x');
  const face = own('infer 1 fer-cnn');
  row('one face, median', '1.5 ms', `${figure(face.ms.median)} ms`);
  ratioRow('`fer-vgg`, training, batch 28, against PyTorch', 'train 28 fer-vgg', 'PyTorch', '1.0x');
  ratioRow('`fer-vgg`, training, batch 28, against Keras', 'train 28 fer-vgg', 'Keras', '1.0x');
  row('first step, filled shader cache', '1.5 s', `${figure(start.warm.seconds)} s`);
  row('first step, empty shader cache', '10 s', `${figure(start.cold.seconds)} s`);

  console.log('');
  head('work', 'peer', 'img/s', 'ms', 'ours / theirs');
  for (const r of peers.filter(({ ms }) => ms !== undefined)) {
    const ours = own(r.work).imgPerS;
    row(r.work, r.peer, figure(r.imgPerS), figure(r.ms.median), `${(ours / r.imgPerS).toFixed(2)}x`);
  }
}

if (steps) {
  console.log('');
  head('whole steps', 'img/s', 'ms', 'p95', 'dispatches', 'MiB on the device');
  for (const r of steps) {
    const memory = r.bytes === undefined ? '' : figure(r.bytes / 2 ** 20);
    row(r.name, figure(r.imgPerS), figure(r.ms.median), figure(r.ms.p95), r.dispatches ?? '', memory);
  }
  const [{ name, kernels: parts = [] }] = steps;
  const total = parts.reduce((sum, { ms }) => sum + ms, 0);
  if (parts.length > 0) {
    console.log(`\n${name}: ${figure(total)} ms of device time\n`);
    head('kernel', 'dispatches', 'ms', 'share');
  }
  for (const { kernel, dispatches, ms } of parts.filter((part) => part.ms > total / 200)) {
    row(`\`${kernel}\``, dispatches, figure(ms), `${((100 * ms) / total).toFixed(1)} %`);
  }
}

if (kernels) {
  console.log('');
  head('kernel', 'fastest way', 'ms', 'GFLOP/s', 'of ceiling', 'times naive');
  const names = [...new Set(kernels.map(({ name }) => name))];
  for (const name of names) {
    const right = kernels.filter((r) => r.name === name && !r.wrong);
    const r = right.reduce((a, b) => (b.ms.median < a.ms.median ? b : a), right[0]);
    const share = `${Math.round(100 * r.ofCeiling)} %`;
    row(name, r.variant, figure(r.ms.median), figure(r.gflops), share, `${figure(r.timesNaive)}x`);
  }
}
