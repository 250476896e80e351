import type { Handler } from '../handler.js';

/** Opens the adapter and reports what it supports. */
export const probeMachine: Handler<'machine.probe'> = async (_args, { gpu }) => {
  const { info } = await gpu();
  const { name, software, features } = info;
  return {
    adapter: name,
    software,
    f16: features.includes('shader-f16'),
    timestamps: features.includes('timestamp-query'),
  };
};
