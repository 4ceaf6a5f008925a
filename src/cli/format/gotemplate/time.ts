/** Times as Go's `time.Time` prints them: `2024-05-01 10:00:00.123 +0000 UTC`. */
const RFC3339 = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/i;

export function formatGoTime(text: string): string {
  const match = RFC3339.exec(text);
  if (!match) return text;
  const [, date = '', time = '', fraction = '', zone = ''] = match;
  const digits = fraction.replace(/0+$/, '');
  const offset = zone.toUpperCase() === 'Z' ? '+0000 UTC' : `${zone.replace(':', '')} ${zone.replace(':', '')}`;
  return `${date} ${time}${digits === '' ? '' : `.${digits}`} ${offset}`;
}
