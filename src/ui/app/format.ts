/** Numbers and times as people read them. */

/** Docker's decimal units: `5.1 MB`, `12 kB`, `0 B`. */
export function size(bytes: number): string {
  if (bytes < 0 || !Number.isFinite(bytes)) return '';
  const units = ['B', 'kB', 'MB', 'GB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit > 0 && value < 9.95 ? value.toFixed(1) : value.toFixed(0)}\u00a0${units[unit]}`;
}

/** `just now`, `4 minutes ago`, `3 hours ago`, else the date. */
export function ago(thenMs: number, nowMs: number): string {
  const minutes = Math.floor((nowMs - thenMs) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return minutes === 1 ? 'a minute ago' : `${minutes} minutes ago`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return hours === 1 ? 'an hour ago' : `${hours} hours ago`;
  return new Date(thenMs).toLocaleDateString(undefined, { day: 'numeric', month: 'long' });
}

/** First letter in upper case, for a clause that stands alone. */
export function sentence(clause: string): string {
  return clause.charAt(0).toUpperCase() + clause.slice(1);
}
