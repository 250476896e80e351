import { openGpu } from '../gpu/device.js';
import { Learner } from '../nn/learner.js';
import { buildModel } from '../nn/models.js';
import { randomBatch } from './steps.js';

/** A process of its own: seconds from its start to the end of the first training step of fer-cnn at batch 28. */
const gpu = await openGpu();
const learner = new Learner(gpu, buildModel('fer-cnn'));
await learner.train(...randomBatch(28));
await gpu.sync();
const rssMiB = process.memoryUsage.rss() / 2 ** 20;
process.stdout.write(`${JSON.stringify({ seconds: process.uptime(), rssMiB })}\n`);
gpu.close();
