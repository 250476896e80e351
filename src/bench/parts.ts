/** What the benchmark can measure. */
export const BENCH_PARTS = ['kernels', 'steps'] as const;
export type BenchPart = (typeof BENCH_PARTS)[number];
