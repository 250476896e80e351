/** Some members of a T, and of its members. */
type Part<T> = T extends (...args: never[]) => unknown
  ? T
  : T extends object
    ? { readonly [K in keyof T]?: Part<T[K]> }
    : T;

/** What stands in for a T where only these of its members are used. */
export const standIn = <T>(part: Part<T>): T => part as T;
