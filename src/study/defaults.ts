/** What a new search does where it is told nothing else. */
export const SEARCH_DEFAULTS = { pruner: 'none', minEpochs: 1, reduction: 3, objective: 'val_acc' } as const;

/** What a new cross-validation does where it is told nothing else. */
export const CV_DEFAULTS = { folds: 5, repeats: 1, objective: 'val_acc' } as const;
