/** The content of an HDF5 file, and functions to look it up. */

/** The value of an attribute. */
export type H5Value = string | readonly string[] | Float32Array;

/** An array in a file. */
export interface H5Dataset {
  readonly shape: readonly number[];
  /** The data type, as numpy writes it: `<f` for floats of 32 bits. */
  readonly kind: string;
  /** Its numbers; undefined if their type is not supported. */
  readonly data: Float32Array | undefined;
}

/** A folder in a file. */
export interface H5Group {
  readonly attributes: ReadonlyMap<string, H5Value>;
  readonly members: ReadonlyMap<string, H5Group | H5Dataset>;
}

/** Limits on what is read of a file. */
export interface ReadLimits {
  /** Members of the root group that are not read. */
  readonly skip: readonly string[];
  /** Most bytes of numbers and texts that are read. */
  readonly most: number;
}

const isGroup = (found: H5Group | H5Dataset | undefined): found is H5Group =>
  found !== undefined && 'members' in found;

/** What is at a path in a group; undefined if there is nothing. */
export function at(group: H5Group, path: string): H5Group | H5Dataset | undefined {
  let here: H5Group | H5Dataset | undefined = group;
  for (const part of path.split('/')) here = isGroup(here) ? here.members.get(part) : undefined;
  return here;
}

export function groupAt(group: H5Group, path: string): H5Group | undefined {
  const found = at(group, path);
  return isGroup(found) ? found : undefined;
}

/** The dataset at a path in a group; undefined if there is none. */
export function numbersAt(group: H5Group, path: string): H5Dataset | undefined {
  const found = at(group, path);
  return isGroup(found) ? undefined : found;
}

/** Reads a list of texts from the attribute `name`, or from `name0`, `name1`, ... An empty list is stored as no numbers. */
export function textsOf({ attributes }: H5Group, name: string): string[] {
  const list = (value: H5Value): readonly string[] => {
    if (typeof value === 'string') return [value];
    return value instanceof Float32Array ? [] : value;
  };
  const whole = attributes.get(name);
  if (whole !== undefined) return [...list(whole)];
  const pieces: string[] = [];
  for (let i = 0; ; i++) {
    const piece = attributes.get(`${name}${i}`);
    if (piece === undefined) return pieces;
    pieces.push(...list(piece));
  }
}
