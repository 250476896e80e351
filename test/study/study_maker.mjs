import { Study } from '../../dist/study/study.js';

/** Creates studies without a path, as fast as it can, and prints their paths. */
const [count] = process.argv.slice(2);
const settings = { kind: 'cv', trials: 1, settings: { epochs: 1 } };
for (let i = 0; i < Number(count); i++) console.log(Study.create(undefined, settings).path);
