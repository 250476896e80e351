import { cacheContents, clearCache } from '../../util/cache_contents.js';
import { cacheFolder } from '../../util/cache_folder.js';
import { counted } from '../../util/counted.js';
import { EXIT } from '../../util/errors.js';
import { inMegabytes } from '../../util/megabytes.js';
import type { CacheArgs } from '../declarations/cache.js';
import type { GlobalArgs } from '../declarations/globals.js';
import { writeJson } from '../run_command.js';
import { table } from '../table.js';

/** `fer-tui cache`: says what the cache folder holds; with `clear`, removes what can be made again first. */
export async function cache({ action, json }: CacheArgs & GlobalArgs): Promise<number> {
  const folder = cacheFolder();
  const removed = action === 'clear' ? clearCache(folder) : undefined;
  const kinds = cacheContents(folder);
  if (json) {
    writeJson({ v: 1, type: 'result', folder, kinds, ...(removed && { removed }) });
    return EXIT.done;
  }
  if (removed)
    process.stdout.write(`removed: ${counted(removed.files, 'file')}, ${inMegabytes(removed.bytes)}\n`);
  const rows = kinds.map(({ kind, files, bytes, clears }) => [
    kind,
    String(files),
    inMegabytes(bytes),
    clears ? 'removed by clear' : 'kept',
  ]);
  process.stdout.write(
    rows.length === 0
      ? `${folder} is empty\n`
      : `${folder}\n${table(['what', 'files', 'size', 'clear'], rows)}`,
  );
  return EXIT.done;
}
