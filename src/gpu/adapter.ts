import { type MatrixUnit, matrixUnitOf } from './matrix_units.js';

/** Properties of the adapter in use. */
export interface AdapterInfo {
  /** The adapter's description; part of it chooses the adapter in DeviceOptions. */
  readonly name: string;
  /** As WebGPU reports it; may be empty. */
  readonly vendor: string;
  /** As WebGPU reports it; may be empty. */
  readonly architecture: string;
  /** As WebGPU reports it; may be empty. */
  readonly device: string;
  /** Whether it runs on the CPU (llvmpipe, SwiftShader). */
  readonly software: boolean;
  /** Names of its WebGPU features. */
  readonly features: readonly string[];
  /** Smallest subgroup size; 0 without the `subgroups` feature. */
  readonly subgroupMin: number;
  /** Largest subgroup size; 0 without the `subgroups` feature. */
  readonly subgroupMax: number;
  /** What its matrix units multiply. Undefined if it has none, and unless the environment asks for them (matrix_units.ts). */
  readonly matrixUnit?: MatrixUnit | undefined;
}

/** The properties of an adapter. It counts as software if Dawn calls it a fallback adapter, or if its name says so. */
export function describeAdapter(info: GPUAdapterInfo, features: ReadonlySet<string>): AdapterInfo {
  const subgroups = features.has('subgroups');
  return {
    name: info.description || info.device || info.vendor,
    vendor: info.vendor,
    architecture: info.architecture,
    device: info.device,
    software:
      info.isFallbackAdapter ||
      /llvmpipe|swiftshader|software|basic render/i.test(
        `${info.description} ${info.device} ${info.architecture}`,
      ),
    features: [...features].sort(),
    subgroupMin: subgroups ? (info.subgroupMinSize ?? 0) : 0,
    subgroupMax: subgroups ? (info.subgroupMaxSize ?? 0) : 0,
    matrixUnit: matrixUnitOf(info, features),
  };
}

/** A device, by its adapter alone. */
interface OnAdapter {
  readonly info: AdapterInfo;
}

/** How many lanes every subgroup has, from 4 to 64. Undefined without subgroups, and if sizes vary, as on Intel's GPUs. */
export function lanesOf({ info: { subgroupMin, subgroupMax } }: OnAdapter): number | undefined {
  return subgroupMin === subgroupMax && subgroupMin >= 4 && subgroupMin <= 64 ? subgroupMin : undefined;
}

/** Whether every subgroup has exactly 8 lanes, as most kernels with subgroup operations require. */
export function eightLanes(gpu: OnAdapter): boolean {
  return lanesOf(gpu) === 8;
}
