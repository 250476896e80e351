import type { Building } from '../building.js';
import type { Node } from '../node.js';
import type { Value } from '../values.js';

/** Converts a node to layers, and returns its output. Throws RunError that names the node if it is not supported. */
export type Operator = (node: Node, building: Building) => Value;

/** Operators by ONNX's name. */
export type Operators = Readonly<Record<string, Operator>>;
