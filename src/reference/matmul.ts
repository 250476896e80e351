/** c [batch, m, n] = a b in float64; a is [batch, m, k], or [batch, k, m] if `transposed`; b is [batch, k, n]. */
export function matmul(
  a: Float64Array,
  b: Float64Array,
  { batch, m, k, n }: { batch: number; m: number; k: number; n: number },
  transposed: boolean,
): Float64Array {
  const c = new Float64Array(batch * m * n);
  for (let i = 0; i < batch; i++) {
    for (let r = 0; r < m; r++) {
      for (let s = 0; s < n; s++) {
        let sum = 0;
        for (let t = 0; t < k; t++) {
          const left = a[transposed ? (i * k + t) * m + r : (i * m + r) * k + t] as number;
          sum += left * (b[(i * k + t) * n + s] as number);
        }
        c[(i * m + r) * n + s] = sum;
      }
    }
  }
  return c;
}
