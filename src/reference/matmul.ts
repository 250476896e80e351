/** c [batch, m, n] = a [batch, m, k] * b [batch, k, n]. `transposed` names the factor whose last two axes are swapped. */
export function matmul(
  a: Float64Array,
  b: Float64Array,
  { batch, m, k, n }: { batch: number; m: number; k: number; n: number },
  transposed?: 'a' | 'b',
): Float64Array {
  const c = new Float64Array(batch * m * n);
  for (let i = 0; i < batch; i++) {
    for (let r = 0; r < m; r++) {
      for (let s = 0; s < n; s++) {
        let sum = 0;
        for (let t = 0; t < k; t++) {
          const left = transposed === 'a' ? (i * k + t) * m + r : (i * m + r) * k + t;
          const right = transposed === 'b' ? (i * n + s) * k + t : (i * k + t) * n + s;
          sum += (a[left] as number) * (b[right] as number);
        }
        c[(i * m + r) * n + s] = sum;
      }
    }
  }
  return c;
}
