/** A number of bytes, for people: megabytes of 10^6, with one decimal below ten of them. */
export const inMegabytes = (bytes: number): string =>
  `${(bytes / 1e6).toLocaleString('en', { maximumFractionDigits: bytes < 1e7 ? 1 : 0 })} MB`;
