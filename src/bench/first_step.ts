import { openGpu } from '../gpu/device.js';
import { Learner } from '../nn/learner.js';
import { buildModel } from '../nn/models.js';
import { randomBatch } from './steps.js';

/** A script: prints the seconds from the start of its process to the end of fer-cnn's first training step, batch 28. */
const gpu = await openGpu();
const learner = new Learner(gpu, buildModel('fer-cnn'));
await learner.train(...randomBatch(28));
await gpu.sync();
const rssMiB = process.memoryUsage.rss() / 2 ** 20;
process.stdout.write(`${JSON.stringify({ seconds: process.uptime(), rssMiB })}\n`);
gpu.close();
