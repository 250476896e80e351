/** Values as one line of CSV, without its end (RFC 4180): those with commas, quotes or line ends stand in quotes; none is empty. */
export const csvLine = (values: readonly (string | number | boolean | null | undefined)[]): string =>
  values
    .map((value) => {
      const text = String(value ?? '');
      return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    })
    .join(',');
