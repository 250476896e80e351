/** Defaults of a new search. */
export const SEARCH_DEFAULTS = { pruner: 'none', minEpochs: 1, reduction: 3, objective: 'val_acc' } as const;

/** Defaults of a new cross-validation. */
export const CV_DEFAULTS = { folds: 5, repeats: 1, objective: 'val_acc' } as const;
