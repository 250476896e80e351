/** Who may import whom: data flows shaders -> gpu -> nn -> train -> cli/tui, and nothing flows back. */
const layer = (name, allowed, extra = []) => ({
  name: `${name}-imports`,
  severity: 'error',
  comment: `src/${name} may import only: ${[name, ...allowed].join(', ')}`,
  from: { path: `^src/${name}/` },
  to: { path: '^src/', pathNot: [name, ...allowed].map((folder) => `^src/${folder}/`).concat(extra) },
});

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'one-door-to-dawn',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/gpu/device\\.ts$' },
      to: { path: 'node_modules/webgpu/' },
    },
    {
      name: 'no-test-code',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|examples)/' },
    },
    layer('util', []),
    layer('gpu', ['util']),
    layer('nn', ['gpu', 'util']),
    layer('reference', []),
    layer('check', ['reference', 'gpu', 'nn', 'util']),
    layer('bench', ['check', 'reference', 'nn', 'gpu', 'util']),
    layer('data', ['util']),
    layer('formats', ['nn', 'gpu', 'util']),
    layer('train', ['formats', 'data', 'nn', 'gpu', 'util']),
    layer('inspect', ['train', 'formats', 'data', 'nn', 'gpu', 'util']),
    layer('vision', ['train', 'formats', 'data', 'nn', 'gpu', 'util']),
    layer('engine', ['train', 'formats', 'check', 'bench', 'data', 'nn', 'gpu', 'util']),
    layer('tui', ['engine', 'bench', 'vision', 'train', 'data', 'nn', 'gpu', 'util']),
    layer('cli', [
      'bench',
      'inspect',
      'tui',
      'engine',
      'vision',
      'train',
      'formats',
      'check',
      'bench',
      'data',
      'nn',
      'gpu',
      'util',
    ]),
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
  },
};
