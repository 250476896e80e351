/** What the stand-ins of options.test.ts are given, as `about.name`. */
export const notes = new Map<string, string>();

/** Notes each value; of values that are records, each of theirs. Several calls of one kind are noted together. */
export function note(about: string, values: object): void {
  for (const [name, value] of Object.entries(values)) {
    const parts =
      ['foreign', 'load', 'detector', 'capability', 'settings'].includes(name) && typeof value === 'object'
        ? Object.entries(value).map(([part, inner]) => [`${name}.${part}`, inner])
        : [[name, value]];
    for (const [key, inner] of parts) {
      if (inner === undefined) continue;
      const before = notes.get(`${about}.${key}`);
      const text = JSON.stringify(inner);
      notes.set(`${about}.${key}`, before === undefined ? text : `${before}, ${text}`);
    }
  }
}
