/**
 * Replaces paths of one machine by those of another, in settings and in the text files of a run. Only whole values are
 * replaced, never parts of a text.
 */
export class PathMap {
  /** @param pairs [path here, path there] */
  constructor(private readonly pairs: readonly (readonly [here: string, there: string])[]) {}

  /** The inverse map. */
  get reversed(): PathMap {
    return new PathMap(this.pairs.map(([here, there]) => [there, here]));
  }

  /** Settings by name, with the paths of the other machine. */
  settings<T>(values: Readonly<Record<string, T>>): Record<string, T | string> {
    const map = new Map<unknown, string>(this.pairs);
    return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map.get(value) ?? value]));
  }

  /** JSON, or lines of JSON, with the paths of the other machine. Only strings that are a path as a whole are replaced. */
  json(text: string): string {
    const there = new Map(
      this.pairs.map((pair) => pair.map((path) => JSON.stringify(path)) as [string, string]),
    );
    if (there.size === 0) return text;
    const any = [...there.keys()].map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
    return text.replace(new RegExp(any.join('|'), 'g'), (word) => there.get(word) ?? word);
  }
}
