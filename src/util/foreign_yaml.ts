import { createRequire } from 'node:module';
import { objectionTo, TOO_DEEP } from './foreign.js';

/** The parser, with the first file: it takes longer to load than most commands to start. */
const yaml = (): typeof import('yaml') => createRequire(import.meta.url)('yaml');

/** Characters of a file. The parser compares each name with all others: of a million, for hours. */
const MOST = 200_000;

/**
 * Parses YAML or JSON in a file that anybody may have written. The parser itself limits how often a part is repeated by its name.
 * Throws Error whose message says why in one line.
 */
export function foreignYaml(text: string): unknown {
  if (text.length > MOST) {
    throw new Error(
      `it has ${text.length.toLocaleString('en')} characters; expected at most ${MOST.toLocaleString('en')}`,
    );
  }
  const value = parsed(text);
  const why = objectionTo(value);
  if (why !== undefined) throw new Error(why);
  return value;
}

function parsed(text: string): unknown {
  try {
    return yaml().parse(text, { logLevel: 'error' }); // or it prints what it finds ambiguous
  } catch (cause) {
    const { code, message } = cause as { readonly code?: string; readonly message: string };
    if (message.includes('call stack size')) throw new Error(TOO_DEEP, { cause });
    if (code === 'MULTIPLE_DOCS')
      throw new Error('it has several documents, divided by ---; expected one', { cause });
    throw cause;
  }
}
