// What a package's copyright file says, for NOTICE.

import { namedLicences } from '../hub/debian-labels.ts';

/** Of those whose copyright files are prose, or in another package's folder. */
const read: Record<string, string> = { markupsafe: 'BSD-3-Clause', ncurses: 'MIT (X11), BSD-3-Clause', unzip: 'Info-ZIP' };

/** The licences that copyright files name, by source package. */
export function licencesOf(copyrights: { source: string; text: string }[]): Record<string, string> {
  const bySource = new Map<string, Set<string>>();
  for (const { source, text } of copyrights) {
    const names = bySource.get(source) ?? new Set();
    bySource.set(source, names);
    for (const name of namedLicences(text)) names.add(name);
  }
  return Object.fromEntries([...bySource].sort().map(([source, names]) => [source, [...names].sort().join(', ') || (read[source] ?? '')]));
}
