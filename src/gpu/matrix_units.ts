/**
 * Matrix units: parts of a GPU that multiply small matrices in one instruction of a subgroup (tensor cores, matrix cores,
 * simdgroup matrices). Dawn has them as an experimental feature, so they are used only where FER_TUI_MATRIX_UNITS=1 asks for them.
 */

/** Dawn's feature. It may change or vanish with a later version. */
export const MATRIX_FEATURE = 'chromium-experimental-subgroup-matrix';

/** Dawn's flag without which it offers no experimental features. */
export const EXPERIMENTAL_FLAG = 'enable-dawn-features=allow_unsafe_apis';

/** What a matrix unit multiplies in one instruction: float16 [height, step] times [step, width], added up in float32. */
export interface MatrixUnit {
  /** Rows of the first factor and of the product. */
  readonly height: number;
  /** Columns of the second factor and of the product. */
  readonly width: number;
  /** Columns of the first factor and rows of the second. */
  readonly step: number;
}

/** One of an adapter's `subgroupMatrixConfigs`; the types of WebGPU do not have them yet. */
interface Config {
  readonly componentType: string;
  readonly resultComponentType: string;
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

/** Larger products would need more registers and workgroup memory than the kernel has. */
const LARGEST = 16;

/** Whether the environment asks for matrix units. */
export function wantsMatrixUnits(): boolean {
  return process.env['FER_TUI_MATRIX_UNITS'] === '1';
}

/**
 * The largest fitting product of an adapter's matrix units. Undefined if it has none, or none of these types, and where subgroups
 * are not all of one size.
 */
export function matrixUnitOf(info: GPUAdapterInfo, features: ReadonlySet<string>): MatrixUnit | undefined {
  if (!['subgroups', 'shader-f16', MATRIX_FEATURE].every((feature) => features.has(feature)))
    return undefined;
  if (info.subgroupMinSize !== info.subgroupMaxSize) return undefined;
  const { subgroupMatrixConfigs = [] } = info as { readonly subgroupMatrixConfigs?: Iterable<Config> };
  const size = ({ M, N, K }: Config): number => M * N * K;
  const [best] = [...subgroupMatrixConfigs]
    .filter((one) => one.componentType === 'f16' && one.resultComponentType === 'f32')
    .filter(({ M, N, K }) => Math.max(M, N, K) <= LARGEST)
    .sort((a, b) => size(b) - size(a));
  return best && { height: best.M, width: best.N, step: best.K };
}
