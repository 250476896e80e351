/** Formats that a network is exported to. */
export const EXPORT_FORMATS = ['h5', 'onnx', 'tfjs', 'safetensors'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];
