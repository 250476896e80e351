/**
 * Whether a network gets each of these faces right.
 * @param classifier a `Classifier` @param faces [count, height, width] gray values @param names [count] the true classes
 * @returns {Promise<boolean[]>}
 */
export async function rightOnes(classifier, faces, names, height, width) {
  const shares = await classifier.classify(faces, names.length, height, width);
  const n = classifier.classes.length;
  return names.map((name, i) => {
    const own = shares.subarray(i * n, (i + 1) * n);
    return classifier.classes[own.indexOf(Math.max(...own))] === name;
  });
}
