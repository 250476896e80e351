/** The date and time of ISO 8601, to the minute: `2026-11-28 18:04`. */
export const minute = (iso: string): string => iso.slice(0, 16).replace('T', ' ');
