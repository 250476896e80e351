/** Student's t distribution. */

/** The share of the distribution with `df` degrees of freedom that lies beyond +-t: the two-sided p-value of t. */
export function twoSidedP(t: number, df: number): number {
  if (Number.isNaN(t) || !(df >= 1)) return Number.NaN;
  return regularizedBeta(df / (df + t * t), df / 2, 0.5);
}

/**
 * The t beyond which, on both sides together, `1 - confidence` of the distribution lies: 2.228 for 0.95 and df = 10.
 * @param df degrees of freedom, 1 or more; NaN for fewer
 */
export function criticalT(confidence: number, df: number): number {
  if (!(df >= 1)) return Number.NaN;
  let [low, high] = [0, 1];
  while (twoSidedP(high, df) > 1 - confidence) high *= 2;
  while (high - low > 1e-12 * high) {
    const middle = (low + high) / 2;
    if (twoSidedP(middle, df) > 1 - confidence) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The regularized incomplete beta function I_x(a, b), by its continued fraction (Lentz's method). */
function regularizedBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction converges fast only on this side of the mean; the other side follows by symmetry.
  if (x > (a + 1) / (a + b + 2)) return 1 - regularizedBeta(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  const TINY = 1e-300;
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1), TINY);
  let fraction = d;
  for (let m = 1; m <= 1000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonZero(1 + even * d, TINY);
    c = nonZero(1 + even / c, TINY);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonZero(1 + odd * d, TINY);
    c = nonZero(1 + odd / c, TINY);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return (front * fraction) / a;
}

const nonZero = (value: number, tiny: number): number => (Math.abs(value) < tiny ? tiny : value);

/** Coefficients of Lanczos' approximation with g = 7. */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** ln Gamma(x) for x > 0 (Lanczos 1964). */
function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const z = x - 1;
  const sum = LANCZOS.reduce((total, factor, i) => (i === 0 ? factor : total + factor / (z + i)), 0);
  const base = z + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(base) - base + Math.log(sum);
}
