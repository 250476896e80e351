/** `node together.mjs PROGRAM LINES`: runs command lines, given as JSON, one after another, and prints how each ended as JSON. */
const [program, lines] = process.argv.slice(2);
const out = process.stdout.write.bind(process.stdout);
const end = process.exit.bind(process);
class Exit extends Error {}

const results = [];
for (const [i, line] of JSON.parse(lines).entries()) {
  const result = { code: 0, stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'])
    process[name].write = (text) => {
      result[name] += text;
      return true;
    };
  process.argv = [process.execPath, 'fer-tui', ...line];
  process.exitCode = 0;
  process.exit = (code) => {
    process.exitCode = code;
    throw new Exit();
  };
  try {
    await import(`${program}?${i}`); // a query makes it another module; those that it imports stay
  } catch (error) {
    if (!(error instanceof Exit)) throw error;
  }
  results.push({ ...result, code: process.exitCode });
}
out(JSON.stringify(results), () => end(0));
