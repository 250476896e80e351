import type { Building } from '../building.js';
import type { Node } from '../node.js';
import type { Value } from '../values.js';

/** What a node becomes: its output. Throws RunError that names the node, for what a network here cannot be. */
export type Operator = (node: Node, building: Building) => Value;

/** Operators by ONNX's name. */
export type Operators = Readonly<Record<string, Operator>>;
