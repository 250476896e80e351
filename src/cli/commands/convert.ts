import { extname } from 'node:path';
import { EXPORT_FORMATS, type ExportFormat } from '../../formats/export_formats.js';
import { UsageError } from '../../util/errors.js';
import type { ConvertArgs } from '../declarations/convert.js';
import type { GlobalArgs } from '../declarations/globals.js';
import { exportModel } from './export.js';

/** What files of a format are called besides. */
const ALSO: Readonly<Record<string, ExportFormat>> = { hdf5: 'h5' };

/** `fer-tui convert`: `fer-tui export`, where the name of the new file says the format. Throws UsageError for one that does not. */
export async function convert(args: ConvertArgs & GlobalArgs): Promise<number> {
  const { out } = args;
  const ending = extname(out.replace(/\/+$/, '')).slice(1).toLowerCase();
  const to = EXPORT_FORMATS.find((format) => format === ending) ?? ALSO[ending];
  if (to === undefined) {
    const why = ending === 'keras' ? '; Keras 3 reads .h5, too' : '';
    throw new UsageError(
      `${out}: its name does not end in a format; expected ${EXPORT_FORMATS.map((format) => `.${format}`).join(', ')}${why}`,
    );
  }
  return exportModel({ ...args, to });
}
