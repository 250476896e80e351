import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Declaration } from '../../src/cli/declaration.js';
import { GLOBALS } from '../../src/cli/declarations/globals.js';
import { LABS } from '../../src/labs/all.js';
import { Learner } from '../../src/nn/learner.js';
import { MODEL_NAMES } from '../../src/nn/model_names.js';
import { buildModel } from '../../src/nn/models.js';
import { describeGpu } from '../helpers/gpu.js';
import { type Block, blocksOf, proseOf } from '../helpers/lesson.js';

const markdownIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.md'))
    .map((file) => join(folder, file));
const DOCUMENTS = ['.', 'docs', 'docs/learn', 'models', 'bench', 'shaders'].flatMap(markdownIn);

/** A document without its fenced blocks, and those blocks. */
const partsOf = (path: string): { prose: string; blocks: Block[] } => {
  const text = readFileSync(path, 'utf8');
  return { prose: proseOf(text), blocks: blocksOf(text) };
};

/** GitHub's anchors of a document's headings. */
const anchorsOf = (path: string): string[] =>
  [...partsOf(path).prose.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );

/** Inline code. */
const codesIn = (prose: string): string[] => [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);

/** Options by command: what the program declares. */
const OPTIONS = new Map<string, Set<string>>();
for (const file of readdirSync('src/cli/declarations')) {
  const module = (await import(/* @vite-ignore */ `../../src/cli/declarations/${file}`)) as Record<
    string,
    Partial<Declaration>
  >;
  for (const { usage = [], options = {} } of Object.values(module)) {
    for (const words of [usage].flat()) {
      // `runs` and `studies` have commands of their own.
      const group = ['runs.ts', 'studies.ts'].includes(file) && !words.startsWith('export');
      const command = group ? file.replace('.ts', '') : (words.split(' ')[0] ?? '');
      const known = [
        ...(OPTIONS.get(command) ?? []),
        ...Object.keys(options),
        ...Object.keys(GLOBALS),
        'help',
      ];
      OPTIONS.set(command, new Set(known));
    }
  }
}

/** Files that a document may name although they are not in a fresh clone: others make them, or the reader does. */
const MADE =
  /^(bench\/\.peers|docs\/api\/?$|bench\/results\/old\.json|shaders\/softsign\.wgsl|src\/labs\/label_smoothing\.ts|src\/reference\/(learnt_swish|winograd)\.ts|src\/nn\/receptive_field\.ts)/;

describe.each(DOCUMENTS)('%s', (path) => {
  const { prose, blocks } = partsOf(path);

  it('has no dead relative link', () => {
    const dead = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) => {
      if (/^[a-z]+:/.test(target)) return [];
      const [file = '', anchor] = target.split('#');
      const to = file === '' ? path : join(dirname(path), file);
      if (!existsSync(to)) return [target];
      return anchor === undefined || anchorsOf(to).includes(anchor) ? [] : [target];
    });
    expect(dead).toEqual([]);
  });

  it('names only files that exist', () => {
    const named = codesIn(prose).filter((code) =>
      /^(src|test|docs|scripts|shaders|bench|models|examples|tuning)\/[\w./-]+$/.test(code),
    );
    expect(named.filter((file) => !MADE.test(file) && !existsSync(file))).toEqual([]);
  });

  it('names only scripts of package.json', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: object };
    const all = [prose, ...blocks.map(({ text }) => text)].join('\n');
    const named = [...all.matchAll(/npm run (?:-s )?([\w:]+)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  it('calls only commands that exist, with options that they have', () => {
    const lines = blocks
      .filter(({ kind }) => kind === 'sh')
      .flatMap(({ text }) => text.replaceAll('\\\n', ' ').split('\n'));
    const calls = [...lines, ...codesIn(prose)].flatMap(
      (line) => /^(?:npx )?fer-tui (?!\.\.\.)([^#;]*)/.exec(line)?.[1] ?? [],
    );
    const wrong = calls.flatMap((call) => {
      const words = call.trim().split(/\s+/);
      if (words[0] === '' || words[0]?.startsWith('-') || words[0] === 'completion') return [];
      const known = OPTIONS.get(words[0] ?? '');
      if (known === undefined) return [`no command: fer-tui ${call}`];
      const used = [...call.matchAll(/(?<=\s)--(?:no-)?([a-z][\w-]*)/g)].map(([, option = '']) => option);
      return used.filter((option) => !known.has(option)).map((option) => `${words[0]} --${option}`);
    });
    expect(wrong).toEqual([]);
  });
});

describeGpu('figures that the device gives', (gpu) => {
  it("the dispatches of docs/performance.md are those of today's networks", async () => {
    const document = readFileSync('docs/performance.md', 'utf8').replaceAll(/\s+/g, ' ');
    const sentence = /Today a training step takes [^.]*\./.exec(document)?.[0] ?? '';
    const said = [...sentence.matchAll(/(\d+) (?:dispatches )?for `(fer-\w+)`/g)];
    expect(said).toHaveLength(3);
    for (const [, count, name] of said) {
      const learner = new Learner(gpu(), buildModel(name ?? ''));
      expect((await learner.commands(28)).length, name).toBe(Number(count));
      await learner.dispose();
    }
  });
});

describe('figures that the program can print', () => {
  const parameters = (name: (typeof MODEL_NAMES)[number]): string => {
    const { trainable } = buildModel(name).summary();
    return trainable.toLocaleString('en');
  };

  it.each(MODEL_NAMES)('the parameters of %s', (name) => {
    const card = readFileSync('models/README.md', 'utf8');
    const row = new RegExp(`^\\| \`${name}\` \\| ([\\d,]+) \\|`, 'm').exec(card)?.[1];
    expect(row).toBe(parameters(name));
  });

  it.each(['README.md', 'docs/results.md'])('the parameters of fer-cnn in %s', (path) => {
    expect(readFileSync(path, 'utf8')).toContain(`${parameters('fer-cnn')} parameters`);
  });

  it('the accuracies of docs/results.md are those of models/*.json', () => {
    const results = readFileSync('docs/results.md', 'utf8');
    for (const name of MODEL_NAMES) {
      const { validation } = JSON.parse(readFileSync(`models/${name}.json`, 'utf8')) as {
        validation: { none: { accuracy: number }; flip: { accuracy: number } };
      };
      const row = new RegExp(`^\\| \`${name}\` \\|.*$`, 'm').exec(results)?.[0] ?? '';
      for (const { accuracy } of [validation.none, validation.flip]) {
        expect(row).toContain(`| ${(100 * accuracy).toFixed(1)} % |`);
      }
    }
  });

  it('the tables of docs/performance.md are those of bench/results/lavapipe-epyc.json', () => {
    const result = 'bench/results/lavapipe-epyc.json';
    const printed = execFileSync(process.execPath, ['scripts/performance.mjs', result], { encoding: 'utf8' });
    const rows = printed.split('\n').filter((line) => line.startsWith('|'));
    const document = readFileSync('docs/performance.md', 'utf8').split('\n');
    expect(rows.length).toBeGreaterThan(50);
    expect(rows.filter((row) => !document.includes(row))).toEqual([]);
  });

  it('the outcomes of the labs in docs/results.md follow from the runs in bench/results/labs.json', () => {
    const printed = execFileSync(process.execPath, ['bench/labs.mjs', '--table'], { encoding: 'utf8' });
    const rows = printed.split('\n').filter((line) => line.startsWith('| `'));
    expect(rows).toHaveLength(LABS.length);
    const document = readFileSync('docs/results.md', 'utf8').split('\n');
    expect(rows.filter((row) => !document.includes(row))).toEqual([]);
  });
});
