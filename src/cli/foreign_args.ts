import type { ForeignModel } from '../train/weights.js';

/** Options of every command that opens a model: what a file of others does not say about itself. */
export interface ForeignArgs {
  readonly model?: string;
  readonly preprocess?: NonNullable<ForeignModel['preprocess']>;
  readonly classes?: string;
}

export function foreignOf({ model, preprocess, classes }: ForeignArgs): ForeignModel {
  return { architecture: model, preprocess, classes: classes?.split(',').map((name) => name.trim()) };
}
