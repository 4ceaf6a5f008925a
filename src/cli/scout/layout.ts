/**
 * How a scan reads on a terminal: an overview of the image, and the vulnerabilities of each package. The layout is ours, in
 * the manner of Docker Scout's.
 */
import { truncateId } from '../format/text.ts';
import { humanSizeWithPrecision } from '../units/size.ts';
import { SEVERITIES, type Advisory, type Severity } from './advisories.ts';
import type { Analysis } from './analysis.ts';
import { countSeverities, type ScannedPackage, type SeverityCounts } from './match.ts';

/** A row of the overview; further cells stand under the first ones. */
type Row = [label: string, ...cells: string[]];

const TRACKER = 'https://security-tracker.debian.org/tracker/';
const MARKS: Record<Severity, string> = { critical: 'C', high: 'H', medium: 'M', low: 'L', unspecified: '?' };

/** `   0C     2H    10M     5L`, and `     3?` where some have no severity. */
export function severityLine(counts: SeverityCounts): string {
  return SEVERITIES.filter((severity) => severity !== 'unspecified' || counts[severity] > 0)
    .map((severity) => `${counts[severity]}${MARKS[severity]}`.padStart(6))
    .join('')
    .replace(/^ {2}/, '');
}

export function overviewRows({ target, image, platform, packageCount, packages, matched, base }: Analysis): Row[] {
  const vulnerabilities = (scanned: readonly ScannedPackage[]): string => (matched ? severityLine(countSeverities(scanned)) : 'not known');
  const rows: Row[] = [
    ['Target', target],
    ['  digest', truncateId(image.Id)],
    ['  platform', platform],
    ['  size', humanSizeWithPrecision(image.Size, 3)],
    ['  packages', String(packageCount)],
    ['  vulnerabilities', vulnerabilities(packages)],
  ];
  if (base) {
    rows.push(['Base image', base.name], ['  digest', truncateId(base.id)], ['  vulnerabilities', vulnerabilities(base.packages)]);
  }
  return rows;
}

/** Columns with a line between them. */
export function table(rows: readonly Row[]): string {
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map((row) => row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join(' │ '))
    .map((line) => `  ${line}\n`)
    .join('');
}

/** One package: its line of counts, its address, and a table of what it has. */
export function packageText(scanned: ScannedPackage, analysis: Analysis, details: boolean): string {
  const { source, version, binaries, vulnerabilities } = scanned;
  const rows = vulnerabilities.map((advisory) => [advisory.severity.toUpperCase(), advisory.id, rangeOf(advisory), fixOf(advisory)]);
  const [head = '', ...body] = columns([['SEVERITY', 'VULNERABILITY', 'AFFECTED RANGE', 'FIXED IN'], ...rows]);
  const lines = vulnerabilities.flatMap((advisory, index) => [
    `    ✗ ${body[index]!}`,
    ...(details ? [...(advisory.title === '' ? [] : [`        ${advisory.title}`]), `        ${TRACKER}${advisory.id}`] : []),
  ]);
  return [
    `${severityLine(countSeverities([scanned]))}  ${source} ${version}`,
    packageUrl(scanned, analysis),
    ...(binaries.length === 1 && binaries[0] === source ? [] : [`installed as ${binaries.join(', ')}`]),
    '',
    `      ${head}`,
    ...lines,
    '',
    '',
  ].join('\n');
}

/** `pkg:deb/debian/curl@7.88.1-10%2Bdeb12u5?os_distro=bookworm&os_name=debian&os_version=12` */
function packageUrl({ source, version }: ScannedPackage, { snapshot }: Analysis): string {
  const { id, version: release, codename } = snapshot.distribution;
  return `pkg:deb/${id}/${encodeURIComponent(source)}@${encodeURIComponent(version)}?os_distro=${codename}&os_name=${id}&os_version=${release}`;
}

/** What may be there: a table over all packages. Empty when there is nothing. */
export function undecidedText(packages: readonly ScannedPackage[], { snapshot }: Analysis): string {
  const rows = packages.flatMap(({ source, version, undecided }) =>
    undecided.map((each) => [source, version, each.id, each.undecided ?? '']),
  );
  if (rows.length === 0) return '';
  const titles = ['PACKAGE', 'VERSION', 'VULNERABILITY', 'FIXED IN'];
  const lines = columns([titles, ...rows]).map((line) => `    ${line}\n`);
  return `## Not decided for ${snapshot.distribution.codename}\n\n${lines.join('')}\n`;
}

/** Cells under one another, three blanks between them. */
function columns(rows: readonly string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('   '));
}

/** How many there are of each, and of what. */
export function summary(packages: readonly ScannedPackage[]): string {
  const vulnerable = packages.filter(({ vulnerabilities }) => vulnerabilities.length > 0);
  const counts = countSeverities(vulnerable);
  const total = SEVERITIES.reduce((sum, severity) => sum + counts[severity], 0);
  const width = Math.max(...SEVERITIES.map((severity) => severity.length));
  const lines = SEVERITIES.map((severity) => `  ${severity.toUpperCase().padEnd(width)}  ${counts[severity]}`);
  return `${counted(total, 'vulnerability', 'vulnerabilities')} found in ${counted(vulnerable.length, 'package')}\n${lines.join('\n')}\n`;
}

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** What the numbers do not say: packages that nothing is known of, and what the advisories are. */
export function remarks({ packages, listedBy, distribution, matched, snapshot }: Analysis): string[] {
  const { codename, id, version } = snapshot.distribution;
  const covers = `${id.charAt(0).toUpperCase()}${id.slice(1)} ${version} (${codename})`;
  const lines: string[] = [];
  if (listedBy === 'none') {
    lines.push('No package database (dpkg) in this image and no label that names source packages: nothing is known of what it is made of.');
  } else if (!matched) {
    lines.push(`The advisories are about ${covers}; nothing is known of ${distribution?.name ?? 'a system without /etc/os-release'}.`);
  }
  const undecided = packages.reduce((sum, each) => sum + each.undecided.length, 0);
  if (undecided > 0) {
    const what = counted(undecided, 'vulnerability', 'vulnerabilities');
    lines.push(
      `Not counted: ${what} that only newer releases of Debian name, not decided for ${codename} (docker scout cves --details lists them).`,
    );
  }
  if (listedBy === 'labels') lines.push('No package database (dpkg) in this image: its packages are those that its labels name.');
  const unknown = matched ? packages.filter(({ covered }) => !covered).map(({ source }) => source) : [];
  if (unknown.length > 0) lines.push(`No advisories are shipped for ${[...new Set(unknown)].join(', ')}.`);
  if (listedBy !== 'none') lines.push(`Advisories: ${covers}, as of ${snapshot.date}. ${snapshot.notes[0] ?? ''}`);
  return lines;
}

/** A table for pages that render Markdown. */
export function markdown(analysis: Analysis, packages: readonly ScannedPackage[]): string {
  const rows = packages.flatMap(({ source, version, vulnerabilities }) =>
    vulnerabilities.map((each) => `| ${each.severity} | ${each.id} | ${source} | ${version} | ${fixOf(each)} |\n`),
  );
  const head = '| Severity | Vulnerability | Package | Version | Fixed in |\n| --- | --- | --- | --- | --- |\n';
  const overview = overviewRows({ ...analysis, packages: [...packages] }).map(
    ([label, cell = '']) => `- ${label.trim()}: ${cell.trim()}\n`,
  );
  return `# Vulnerabilities of ${analysis.target}\n\n${overview.join('')}\n${rows.length > 0 ? head + rows.join('') : 'None found.\n'}`;
}

function rangeOf({ fixedIn }: Advisory): string {
  return fixedIn === undefined ? '>=0' : `<${fixedIn}`;
}

function fixOf({ fixedIn }: Advisory): string {
  return fixedIn ?? 'not fixed';
}
