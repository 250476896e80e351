import type { Gpu } from '../gpu/device.js';
import type { BenchCase } from './bench_case.js';
import { convCases } from './conv_cases.js';
import { denseCases, productCases } from './product_cases.js';
import { simpleCases } from './simple_cases.js';

/** All that is timed: what has ways on every shape of the built-in networks, the rest on one that is typical of them. */
export async function kernelCases(gpu: Gpu, batch: number): Promise<BenchCase[]> {
  const layers = [...convCases(gpu, batch), ...denseCases(batch)];
  return [...layers, ...(await productCases(gpu, layers)), ...simpleCases(batch)];
}
