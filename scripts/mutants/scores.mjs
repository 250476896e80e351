/** The scores of mutation testing, as a file and as the table in docs/results.md. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [BEGIN, END] = ['<!-- mutants: npm run mutants -- --write -->', '<!-- /mutants -->'];

/** Puts the scores of some folders in place of their earlier ones. */
export function writeScores(root, scores) {
  const file = join(root, 'test/mutants/scores.json');
  const before = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const all = Object.fromEntries(Object.entries({ ...before, ...scores }).sort());
  writeFileSync(file, `${JSON.stringify(all, undefined, 2)}\n`);
  const page = join(root, 'docs/results.md');
  const [head, rest = ''] = readFileSync(page, 'utf8').split(BEGIN);
  const [, tail = ''] = rest.split(END);
  writeFileSync(page, `${head}${BEGIN}\n${tableOf(all)}\n${END}${tail}`);
}

function tableOf(scores) {
  const rows = Object.entries(scores).map(([folder, { mutants, known, tried, killed, sample, seed }]) =>
    [
      ...[`\`${folder}\``, mutants.toLocaleString('en'), known, tried, killed],
      ...[
        `${((100 * killed) / tried).toFixed(1)} %`,
        `\`npm run mutants -- ${folder} --sample ${sample} --seed ${seed}\``,
      ],
    ].join(' | '),
  );
  const head = ['folder', 'mutants', 'known faults', 'tried', 'noticed', 'score', 'command'];
  return ['', head.join(' | '), head.map(() => '---').join(' | '), ...rows, '']
    .map((row) => (row === '' ? row : `| ${row} |`))
    .join('\n');
}
