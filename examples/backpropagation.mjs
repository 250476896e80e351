/** Backpropagation on plain numbers: `npm run build`, then `node examples/backpropagation.mjs`. */
import assert from 'node:assert/strict';
import { Tape, Var } from 'fer-tui';

/** loss = (tanh(w * x + b) - target)^2, and its gradient. */
function forwardAndBack(w, b, x = 2, target = 0.5) {
  const tape = new Tape({ add: (p, q) => p + q });
  const mul = (p, q) => tape.record('mul', [p, q], p.value * q.value, (d) => [d * q.value, d * p.value]);
  const add = (p, q) => tape.record('add', [p, q], p.value + q.value, (d) => [d, d]);
  const tanh = (p) =>
    tape.record('tanh', [p], Math.tanh(p.value), (d) => [d * (1 - Math.tanh(p.value) ** 2)]);
  const [weight, bias] = [new Var(w, true, 'w'), new Var(b, true, 'b')];
  const output = tanh(add(mul(weight, new Var(x, false, 'x')), bias));
  const error = add(output, new Var(-target, false, 'target'));
  const loss = mul(error, error); // `error` is used twice, so its two gradients add up
  tape.backward(loss, 1);
  return { loss: loss.value, dw: weight.grad, db: bias.grad };
}

let [w, b] = [0.3, -0.9];
const central = (forwardAndBack(w + 1e-5, b).loss - forwardAndBack(w - 1e-5, b).loss) / 2e-5;
assert(Math.abs(forwardAndBack(w, b).dw - central) < 1e-8);
for (let step = 0; step <= 40; step++) {
  const { loss, dw, db } = forwardAndBack(w, b);
  if (step % 10 === 0)
    console.log(`step ${step}  loss ${loss.toFixed(6)}  w ${w.toFixed(3)}  b ${b.toFixed(3)}`);
  [w, b] = [w - 0.02 * dw, b - 0.02 * db];
}
