import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a guide tells its reader to do: a text to put into a file, or a command to run. */
export type Step =
  | { readonly file: string; readonly before: string | undefined; readonly text: string }
  | { readonly command: string };

/**
 * The steps of one section of a Markdown guide, from its fenced blocks. The sentence that ends with a colon before a
 * block says where it goes: "New file `PATH`:" or "In `PATH`, before `LINE`:". Blocks of `sh` are commands, one a line.
 */
export function stepsOf(markdown: string, heading: string): Step[] {
  const start = markdown.indexOf(`\n${heading}\n`);
  if (start < 0) throw new Error(`the guide has no section "${heading}"`);
  const level = heading.split(' ')[0] as string;
  const rest = markdown.slice(start + heading.length + 2);
  // A block may hold Markdown with headings of its own.
  const prose = rest.replaceAll(/^```\w*\n[\s\S]*?^```$/gm, (block) => ' '.repeat(block.length));
  const end = prose.search(new RegExp(`^#{1,${level.length}} `, 'm'));
  const section = end < 0 ? rest : rest.slice(0, end);
  return [...section.matchAll(/([^`]|`[^`\n]+`)*?```(\w+)\n([\s\S]*?)```\n/g)].flatMap(
    ([all, , kind, text = '']): Step[] => {
      if (kind === 'sh') {
        const commands = text.trim().split('\n');
        return commands.map((command) => ({ command }));
      }
      const words = all.slice(0, all.indexOf('```')).replaceAll(/\s+/g, ' ');
      const place = /(?:New file `([^`]+)`|In `([^`]+)`, before `([^`]+)`): $/.exec(words);
      if (place === null) throw new Error(`the guide does not say where this block goes:\n${text}`);
      const [, created, changed, before] = place;
      return [{ file: (created ?? changed) as string, before, text }];
    },
  );
}

/** Puts a step's text into its file below `root`. Throws unless the line to put it before is there once. */
export function applyStep(root: string, step: Extract<Step, { file: string }>): void {
  const path = join(root, step.file);
  if (step.before === undefined) {
    writeFileSync(path, step.text, { flag: 'wx' });
    return;
  }
  const old = readFileSync(path, 'utf8');
  const parts = old.split(`\n${step.before}\n`);
  if (parts.length !== 2) throw new Error(`${step.file} has ${parts.length - 1} lines ${step.before}`);
  writeFileSync(path, parts.join(`\n${step.text}${step.before}\n`));
}
