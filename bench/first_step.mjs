/** Child of bench.mjs: seconds from process start to the end of the first training step of fer-cnn at batch 28. */

import { randomBatch } from '../dist/bench/steps.js';
import * as fer from '../dist/index.js';

const gpu = await fer.openGpu();
const learner = new fer.Learner(gpu, fer.buildModel('fer-cnn'));
await learner.train(...randomBatch(28));
await gpu.sync();
console.log(JSON.stringify({ seconds: process.uptime(), rssMiB: process.memoryUsage.rss() / 2 ** 20 }));
gpu.close();
