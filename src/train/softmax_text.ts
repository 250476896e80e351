/** Says of a file that it has no softmax. */
export const softmaxText = (path: string): string =>
  `${path} does not end in a softmax: plain numbers go through one, sigmoids are divided by their sum, which makes probabilities of them`;
