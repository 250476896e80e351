import type { OnnxFile, OnnxNode } from './file.js';
import type { Tensors } from './tensors.js';

/**
 * Some functions that are one layer here are several operators in files: GELU as x * (1 + erf(x / sqrt 2)) / 2, and layer
 * normalisation as (x - mean) / sqrt(variance + epsilon) * gamma + beta. The last node of such a sequence is replaced by one node
 * for all of them; the others are then unused.
 */
export function withoutSteps(file: OnnxFile, tensors: Tensors): OnnxNode[] {
  const graph = new Graph(file, tensors);
  const instead = new Map<OnnxNode, OnnxNode>();
  for (const node of file.nodes) {
    const found =
      node.op === 'Erf' ? gelu(graph, node) : node.op === 'Div' ? layerNorm(graph, node) : undefined;
    if (found !== undefined) instead.set(found.last, { ...node, ...found.node, outputs: found.last.outputs });
  }
  return file.nodes.map((node) => instead.get(node) ?? node);
}

/** A sequence that was found: its last node, and the node that replaces it. */
interface Steps {
  readonly last: OnnxNode;
  readonly node: Pick<OnnxNode, 'op' | 'inputs' | 'attributes'>;
}

/** Finds the node that computes a value, and the nodes that use it. */
class Graph {
  readonly #makers = new Map<string, OnnxNode>();
  readonly #users = new Map<string, OnnxNode[]>();

  constructor(
    private readonly file: OnnxFile,
    private readonly tensors: Tensors,
  ) {
    for (const node of file.nodes) {
      for (const name of node.outputs) this.#makers.set(name, node);
      for (const name of node.inputs) this.#users.set(name, [...(this.#users.get(name) ?? []), node]);
    }
  }

  /** The node that computes a value, if it has one of these operators. */
  maker(name: string | undefined, ...ops: readonly string[]): OnnxNode | undefined {
    const node = this.#makers.get(name ?? '');
    return node !== undefined && ops.includes(node.op) ? node : undefined;
  }

  /** The only node that uses the output of another, if it has this operator. */
  user({ outputs: [name = ''] }: OnnxNode, op: string): OnnxNode | undefined {
    const [node, ...others] = this.#users.get(name) ?? [];
    return others.length === 0 && node?.op === op && !this.file.outputs.includes(name) ? node : undefined;
  }

  /** Whether a name refers to an array in the file. */
  isStored(name: string): boolean {
    return this.file.tensors.has(name) || this.maker(name, 'Constant') !== undefined;
  }

  /** The value of a single number that the file stores; undefined for anything else. */
  number(name: string | undefined): number | undefined {
    const own = this.maker(name, 'Constant')?.attributes;
    const tensor = this.file.tensors.get(name ?? '') ?? own?.get('value')?.message(5, 'array');
    if (tensor === undefined) return own?.get('value_float')?.float(2);
    const { data } = this.tensors.read(tensor);
    return data.length === 1 ? data[0] : undefined;
  }

  is(name: string | undefined, wanted: number): boolean {
    return Math.abs((this.number(name) ?? Number.NaN) - wanted) < 1e-5 * wanted;
  }

  /** The input of x * factor, or x / (1 / factor); undefined for anything else. */
  scaled(node: OnnxNode | undefined, factor: number): string | undefined {
    const [a, b] = node?.inputs ?? [];
    if (node?.op === 'Div') return this.is(b, 1 / factor) ? a : undefined;
    if (node?.op !== 'Mul') return undefined;
    return this.is(b, factor) ? a : this.is(a, factor) ? b : undefined;
  }
}

/** The other input of a node with two inputs. */
function beside(node: OnnxNode | undefined, { outputs: [name] }: OnnxNode): string | undefined {
  const [a, b] = node?.inputs ?? [];
  return a === name ? b : b === name ? a : undefined;
}

function gelu(graph: Graph, erf: OnnxNode): Steps | undefined {
  const x = graph.scaled(graph.maker(erf.inputs[0], 'Mul', 'Div'), Math.SQRT1_2);
  const sum = graph.user(erf, 'Add');
  if (x === undefined || sum === undefined || !graph.is(beside(sum, erf), 1)) return undefined;
  // The product of x, the sum and one half, in any order.
  const product = graph.user(sum, 'Mul');
  const other = beside(product, sum);
  if (product === undefined) return undefined;
  const next = graph.user(product, 'Mul') ?? graph.user(product, 'Div');
  const last =
    graph.scaled(graph.maker(other, 'Mul', 'Div'), 0.5) === x
      ? product
      : other === x && graph.scaled(next, 0.5) === product.outputs[0]
        ? next
        : graph.is(other, 0.5) && beside(next, product) === x
          ? next
          : undefined;
  return last && { last, node: { op: 'Gelu', inputs: [x], attributes: new Map() } };
}

function layerNorm(graph: Graph, division: OnnxNode): Steps | undefined {
  const [centred, root] = division.inputs;
  const difference = graph.maker(centred, 'Sub');
  const positive = graph.maker(graph.maker(root, 'Sqrt')?.inputs[0], 'Add');
  const [x = '', average] = difference?.inputs ?? [];
  const mean = graph.maker(average, 'ReduceMean');
  const [left = '', right = ''] = positive?.inputs ?? [];
  const [spread, epsilon] = graph.isStored(right) ? [left, right] : [right, left];
  const variance = graph.maker(spread, 'ReduceMean');
  const squares = graph.maker(variance?.inputs[0], 'Mul', 'Pow');
  const [base, factor] = squares?.inputs ?? [];
  const squared = base === centred && (squares?.op === 'Mul' ? factor === centred : graph.is(factor, 2));
  if (mean?.inputs[0] !== x || variance === undefined || !squared) return undefined;
  const [axes, others] = [mean, variance].map(
    ({ attributes, inputs }) => `${attributes.get('axes')?.integers(8)} ${inputs[1]}`,
  );
  const kept = [mean, variance].every(({ attributes }) => attributes.get('keepdims')?.integer(3) !== 0);
  if (axes !== others || !kept || graph.number(epsilon) === undefined) return undefined;
  const product = graph.user(division, 'Mul');
  const gamma = beside(product, division) ?? '';
  const scaled = product !== undefined && graph.isStored(gamma) ? product : undefined;
  const sum = graph.user(scaled ?? division, 'Add');
  const beta = beside(sum, scaled ?? division) ?? '';
  const shifted = sum !== undefined && graph.isStored(beta) ? sum : undefined;
  const own = mean.attributes.get('axes');
  const inputs = [x, scaled ? gamma : '', shifted ? beta : '', mean.inputs[1] ?? '', epsilon as string];
  return {
    last: shifted ?? scaled ?? division,
    node: { op: 'LayerNormalization', inputs, attributes: new Map(own && [['axes', own]]) },
  };
}
