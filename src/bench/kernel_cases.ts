import type { Gpu } from '../gpu/device.js';
import type { BenchCase } from './bench_case.js';
import { convCases } from './conv_cases.js';
import { denseCases, productCases } from './product_cases.js';
import { simpleCases } from './simple_cases.js';

/** All cases: computations with several ways on every shape of the built-in networks, other kernels on a typical shape. */
export async function kernelCases(gpu: Gpu, batch: number): Promise<BenchCase[]> {
  const layers = [...convCases(gpu, batch), ...denseCases(batch)];
  return [...layers, ...(await productCases(gpu, layers)), ...simpleCases(batch)];
}
