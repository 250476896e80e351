/** Prints one line of JSON: the adapter that Dawn would use, or why there is none. Run in a process of its own. */
const native = globalThis.setImmediate;
// Dawn's binding polls with setImmediate while it waits; see src/gpu/polling.ts.
globalThis.setImmediate = (f, ...args) => setTimeout(f, 0, ...args);
try {
  const { create } = await import('webgpu');
  const gpu = create([]);
  const adapter = await gpu.requestAdapter();
  const name = adapter?.info.description || adapter?.info.device || '';
  const usable = adapter !== null && !/^null/i.test(name);
  process.stdout.write(`${JSON.stringify(usable ? { adapter: name } : { error: 'no adapter' })}\n`);
  globalThis.keepAlive = gpu;
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: error.message.split('\n')[0] })}\n`);
}
globalThis.setImmediate = native;
process.exit(0);
