/** Small faults of a TypeScript file, made by its syntax tree. */
import { parseSync } from 'vite';

/**
 * @typedef {object} Mutant a change of a file: the characters from `start` to `end` become `text`
 * @property {string} file @property {number} start @property {number} end @property {string} text
 * @property {string} kind
 */

const ARITHMETIC = {
  ...{ '+': '-', '-': '+', '*': '/', '/': '*', '%': '*', '**': '*' },
  ...{ '<<': '>>', '>>': '<<', '>>>': '<<', '&': '|', '|': '&', '^': '&' },
};
/** The boundary moved, and the opposite. */
const COMPARISONS = {
  ...{ '<': ['<=', '>='], '<=': ['<', '>'], '>': ['>=', '<='], '>=': ['>', '<'] },
  ...{ '===': ['!=='], '!==': ['==='] },
};
const METHODS = {
  __proto__: null,
  ...{ min: 'max', max: 'min', floor: 'ceil', ceil: 'floor', round: 'floor', sin: 'cos', cos: 'sin' },
  ...{ some: 'every', every: 'some', startsWith: 'endsWith', endsWith: 'startsWith' },
  ...{ indexOf: 'lastIndexOf', lastIndexOf: 'indexOf', find: 'findLast' },
};
/** Methods that are left out: `x.sort()` becomes `x`. */
const DROPPED = new Set(['sort', 'reverse', 'filter', 'trim', 'trimEnd', 'toLowerCase', 'toUpperCase']);
/** The order of their arguments does not matter. */
const SYMMETRIC = new Set(['min', 'max', 'hypot']);
/** What a person mistakes for each other. */
const PAIRS = [
  ...[
    ['width', 'height'],
    ['x', 'y'],
    ['w', 'h'],
    ['cols', 'rows'],
    ['row', 'column'],
    ['u', 'v'],
  ],
  ...[
    ['kw', 'kh'],
    ['ow', 'oh'],
    ['ic', 'oc'],
    ['cx', 'cy'],
    ['dx', 'dy'],
    ['sx', 'sy'],
    ['sin', 'cos'],
  ],
  ...[
    ['left', 'right'],
    ['top', 'bottom'],
    ['min', 'max'],
    ['mean', 'variance'],
    ['gamma', 'beta'],
  ],
  ...[
    ['train', 'validation'],
    ['epoch', 'step'],
    ['best', 'last'],
    ['first', 'last'],
    ['from', 'to'],
  ],
  ...[
    ['before', 'after'],
    ['xx', 'yy'],
    ['xy', 'yx'],
    ['x0', 'y0'],
    ['kept', 'held'],
    ['start', 'end'],
  ],
];
const PARTNER = new Map(
  PAIRS.flatMap(([a, b]) => [
    [a, b],
    [b, a],
  ]),
);

/** Parts that are not looked into: types, and what only words a message. */
const SKIPPED =
  /^(TS(?!AsExpression|NonNullExpression|SatisfiesExpression|ParameterProperty)|Import|ExportAll)/;
const isError = ({ type, callee }) => type === 'NewExpression' && /Error$/.test(callee.name ?? '');
const isConsole = ({ callee }) => callee?.object?.name === 'console';
const isText = (node) =>
  node.type === 'TemplateLiteral' ||
  (node.type === 'Literal' && typeof node.value === 'string') ||
  (node.type === 'BinaryExpression' && node.operator === '+' && (isText(node.left) || isText(node.right)));

/** @returns {Mutant[]} all mutants of a file, in their order in it */
export function mutantsOfTypeScript(file, source) {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0].message}`);
  const found = [];
  const put = (kind, { start, end }, text) => found.push({ file, start, end, text, kind });
  const textOf = ({ start, end }) => source.slice(start, end);
  /** Replaces the operator between two operands. */
  const operator = (kind, left, right, old, text) => {
    const start = source.indexOf(old, left.end);
    if (start < right.start) put(kind, { start, end: start + old.length }, text);
  };
  const names = new Set(source.match(/[A-Za-z_]\w*/g));
  const visit = (node, parent, key) => {
    MAKERS[node.type]?.({ node, parent, key, put, textOf, operator, names });
    for (const [name, value] of Object.entries(node)) {
      if (name === 'typeAnnotation' || name === 'returnType' || name === 'typeArguments') continue;
      for (const child of Array.isArray(value) ? value : [value]) {
        if (typeof child?.type === 'string' && looksInto(child)) visit(child, node, name);
      }
    }
  };
  visit(program, undefined, '');
  return found.sort((a, b) => a.start - b.start || a.end - b.end);
}

/** Whether what a mutant makes of a file is TypeScript at all. */
export function isTypeScript(file, source) {
  return parseSync(file, source, { showSemanticErrors: true }).errors.length === 0;
}

function looksInto(node) {
  if (SKIPPED.test(node.type) || isError(node) || isConsole(node)) return false;
  return !(node.type === 'ExportNamedDeclaration' && node.source);
}

/** What becomes of each kind of node. */
const MAKERS = {
  BinaryExpression({ node: { left, right, operator: op }, operator }) {
    if (ARITHMETIC[op] !== undefined && !(op === '+' && (isText(left) || isText(right)))) {
      operator('arithmetic', left, right, op, ARITHMETIC[op]);
    }
    for (const other of COMPARISONS[op] ?? []) operator('comparison', left, right, op, other);
  },
  LogicalExpression({ node, put, textOf, operator }) {
    const { left, right, operator: op } = node;
    if (op !== '??') operator('logic', left, right, op, op === '&&' ? '||' : '&&');
    put('operand', node, `(${textOf(left)})`);
    put('operand', node, `(${textOf(right)})`);
  },
  UnaryExpression({ node, put, textOf }) {
    if ('!-~'.includes(node.operator)) put('sign', node, `(${textOf(node.argument)})`);
  },
  UpdateExpression({ node, key, put, textOf }) {
    if (key === 'update') return; // the step of a loop: it would only never end
    put(
      'arithmetic',
      node,
      textOf(node).replace(/\+\+|--/, (op) => (op === '++' ? '--' : '++')),
    );
  },
  AssignmentExpression({ node: { left, right, operator: op }, operator }) {
    const plain = op.slice(0, -1);
    if (op === '??=' || op === '||=') operator('assignment', left, right, op, '=');
    else if (ARITHMETIC[plain] !== undefined && !(op === '+=' && isText(right))) {
      operator('assignment', left, right, op, `${ARITHMETIC[plain]}=`);
    }
  },
  Literal({ node, parent, key, put }) {
    const { value, raw } = node;
    if (key === 'key' || parent.type === 'ImportExpression') return;
    if (typeof value === 'boolean') put('boolean', node, String(!value));
    if (typeof value === 'bigint') put('constant', node, `${value + 1n}n`);
    if (typeof value === 'number') {
      put('constant', node, Number.isInteger(value) ? String(value + 1) : String(value * 1.1));
      if (value > 1) put('constant', node, Number.isInteger(value) ? String(value - 1) : String(value * 0.9));
    }
    if (node.regex !== undefined) {
      const { pattern, flags } = node.regex;
      if (pattern.startsWith('^')) put('pattern', node, `/${pattern.slice(1) || '(?:)'}/${flags}`);
      if (pattern.endsWith('$')) put('pattern', node, `/${pattern.slice(0, -1) || '(?:)'}/${flags}`);
      for (const flag of flags) put('pattern', node, raw.replace(/\w*$/, flags.replace(flag, '')));
    }
  },
  IfStatement: ({ node, put }) => forced(node.test, put),
  WhileStatement: ({ node, put }) => put('condition', node.test, 'false'),
  ForStatement({ node, put }) {
    if (node.test) put('condition', node.test, 'false');
  },
  ConditionalExpression({ node, put, textOf }) {
    put('condition', node, `(${textOf(node.consequent)})`);
    put('condition', node, `(${textOf(node.alternate)})`);
  },
  ExpressionStatement({ node, put }) {
    const { expression, directive } = node;
    if (directive || isConsole(expression) || expression.callee?.type === 'Super') return;
    put('statement', node, ';');
  },
  ReturnStatement({ node, put }) {
    if (node.argument === null) put('statement', node, ';');
  },
  ContinueStatement: ({ node, put }) => put('statement', node, ';'),
  BreakStatement: ({ node, put }) => put('statement', node, ';'),
  ThrowStatement: ({ node, put }) => put('statement', node, ';'),
  CallExpression(at) {
    if (!SYMMETRIC.has(at.node.callee.property?.name)) listOf(at.node.arguments, 'argument', at);
    method(at);
  },
  NewExpression(at) {
    if (!isError(at.node)) listOf(at.node.arguments, 'argument', at);
  },
  ArrayExpression: (at) => listOf(at.node.elements, 'element', at),
  ObjectExpression({ node: { properties }, put }) {
    properties.forEach((one, i) => {
      const [before, after] = [properties[i - 1], properties[i + 1]];
      const start = after === undefined && before !== undefined ? before.end : one.start;
      put('property', { start, end: after?.start ?? one.end }, '');
    });
  },
  MemberExpression({ node: { computed, property }, put, textOf }) {
    if (computed && property.type !== 'Literal') put('index', property, `(${textOf(property)}) + 1`);
  },
  Identifier({ node, parent, key, put, names }) {
    const partner = PARTNER.get(node.name);
    const declares =
      /^(id|params|local)$/.test(key) ||
      /Pattern$/.test(parent.type) ||
      (parent.type === 'Property' && parent.shorthand);
    const named = key === 'key' && !parent.computed;
    if (partner !== undefined && names.has(partner) && !declares && !named) put('name', node, partner);
  },
};

function forced(test, put) {
  put('condition', test, 'true');
  put('condition', test, 'false');
}

/** Whether it may well be of the same type as its neighbour: a name, a member, a sum. */
const isPlain = ({ type }) => /^(Identifier|MemberExpression|BinaryExpression|Literal)$/.test(type);

/** Neighbours in a list swapped, and the last one left out. */
function listOf(items, kind, { put, textOf }) {
  if (items.some((item) => item === null)) return;
  for (let i = 0; i + 1 < items.length; i++) {
    const [a, b] = [items[i], items[i + 1]];
    if (textOf(a) === textOf(b) || !isPlain(a) || !isPlain(b)) continue;
    put(kind, { start: a.start, end: b.end }, `${textOf(b)}, ${textOf(a)}`);
  }
  const [last, before] = [items.at(-1), items.at(-2)];
  if (before !== undefined) put(kind, { start: before.end, end: last.end }, '');
}

function method({ node, put, textOf }) {
  const { object, property, computed } = node.callee;
  if (object === undefined || computed) return;
  if (METHODS[property.name] !== undefined) put('method', property, METHODS[property.name]);
  if (property.name === 'abs') put('method', node, `(${node.arguments.map(textOf)})`);
  if (DROPPED.has(property.name)) put('method', node, textOf(object));
  if (property.name === 'slice' || property.name === 'subarray') {
    const [first, last] = node.arguments;
    if (first !== undefined) put('range', first, `(${textOf(first)}) + 1`);
    if (last !== undefined) put('range', last, `(${textOf(last)}) - 1`);
  }
}
