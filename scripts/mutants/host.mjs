/**
 * A process with a warm Vitest: what it has transformed for one mutant it keeps for the next. Told `{ changed, file }`,
 * it runs a test file and answers `{ failed }`. `run_tests.mjs` talks to it.
 */
import { createVitest } from 'vitest/node';

const root = process.argv[2];
process.chdir(root);
const vitest = await createVitest('test', { root, watch: false, reporters: [{}], bail: 1, silent: true });
await vitest.standalone();

process.on('message', async ({ changed, file }) => {
  for (const path of changed) vitest.invalidateFile(path);
  const specifications = vitest.getModuleSpecifications(file);
  const result = await vitest.runTestSpecifications(specifications, false);
  // Vitest lists the files of earlier runs too.
  const own = result.testModules.filter(({ moduleId }) => moduleId === file);
  const failed = result.unhandledErrors.length > 0 || own.length === 0 || own.some((one) => !one.ok());
  process.send({ failed });
});
process.on('disconnect', () => process.exit(0));
process.send('ready');
