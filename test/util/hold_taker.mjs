import { Hold } from '../../dist/util/hold.js';

/** Takes what it is told to, and keeps it. */
process.on('message', ({ file, at }) => {
  while (Date.now() < at);
  try {
    new Hold(file);
    process.send('taken');
  } catch (error) {
    process.send(error.message);
  }
});
process.send('ready');
