import { expect, it } from 'vitest';
import { formulaLines, functionsFrom, isFormula } from '../../src/gpu/shader_formula.js';

const TEXT = `// helper() and unused() in a comment call nothing.
fn helper(x: f32) -> f32 { return deep(x) + 1.0; } // formula
fn unused() {
  y[0] = 1.0; // formula
}

fn deep(x: f32) -> f32 {
  return x * x; // formula
}

fn main() {
  // unused()
  let a = p.unused(1.0);
  let b = helper(a); // formula
  z[0] = b; // a formula
}
`;

it('a function, then those that it calls, directly or through others', () => {
  expect(functionsFrom(TEXT, 'main').map(({ name, first }) => [name, first])).toEqual([
    ['main', 10],
    ['helper', 1],
    ['deep', 6],
  ]);
  expect(functionsFrom(TEXT, 'main')[0]?.lines).toHaveLength(6);
  expect(functionsFrom(TEXT, 'deep')[0]?.lines.join('\n')).toBe(
    'fn deep(x: f32) -> f32 {\n  return x * x;\n}',
  );
  expect(functionsFrom(TEXT, 'none')).toEqual([]);
});

it('the lines of a formula end with the mark', () => {
  expect(formulaLines(TEXT, 'main')).toEqual([13, 1, 7]);
  expect(formulaLines(TEXT, 'unused')).toEqual([3]);
  expect(isFormula('  z[0] = b; // a formula')).toBe(false);
});
