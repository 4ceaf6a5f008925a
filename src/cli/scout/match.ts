/**
 * Which of an image's packages are vulnerable: an installed source package has a vulnerability when the snapshot knows of it
 * and no version at or below the installed one fixed it.
 */
import { SEVERITIES, type Advisory, type AdvisorySnapshot, type Severity } from './advisories.ts';
import { compareVersions } from './debian-version.ts';
import type { DebianPackage } from './dpkg-status.ts';

/** One source package of an image, in one version. */
export interface ScannedPackage {
  source: string;
  version: string;
  /** Binary packages built from it that are installed, sorted. */
  binaries: string[];
  /** Worst first. */
  vulnerabilities: Advisory[];
  /** What it may have: not decided for its release. Counted nowhere. */
  undecided: Advisory[];
  /** The snapshot covers it. */
  covered: boolean;
}

export type SeverityCounts = Record<Severity, number>;

/** Packages in the order of their names. */
export function scanPackages(packages: readonly DebianPackage[], snapshot: AdvisorySnapshot): ScannedPackage[] {
  const scanned = new Map<string, ScannedPackage>();
  for (const { name, source, sourceVersion } of packages) {
    const key = `${source} ${sourceVersion}`;
    const known = scanned.get(key);
    if (known) {
      if (!known.binaries.includes(name)) known.binaries.push(name);
      continue;
    }
    const advisories = snapshot.sources.get(source);
    const open = (advisories ?? []).filter(({ fixedIn }) => fixedIn === undefined || compareVersions(sourceVersion, fixedIn) < 0);
    scanned.set(key, {
      source,
      version: sourceVersion,
      binaries: [name],
      vulnerabilities: open.filter(({ undecided }) => undecided === undefined).sort(worstFirst),
      undecided: open.filter(({ undecided }) => undecided !== undefined).sort(worstFirst),
      covered: advisories !== undefined,
    });
  }
  for (const { binaries } of scanned.values()) binaries.sort();
  return [...scanned.values()].sort((a, b) => compareText(a.source, b.source) || compareVersions(a.version, b.version));
}

/** Counts each vulnerability of each package. */
export function countSeverities(packages: readonly ScannedPackage[]): SeverityCounts {
  const counts = Object.fromEntries(SEVERITIES.map((severity) => [severity, 0])) as SeverityCounts;
  for (const { vulnerabilities } of packages) for (const { severity } of vulnerabilities) counts[severity]++;
  return counts;
}

export interface VulnerabilityFilter {
  /** None: all. */
  severities: ReadonlySet<Severity>;
  ids: ReadonlySet<string>;
  onlyFixed: boolean;
  onlyUnfixed: boolean;
}

export function keepVulnerabilities(packages: readonly ScannedPackage[], filter: VulnerabilityFilter): ScannedPackage[] {
  const { severities, ids, onlyFixed, onlyUnfixed } = filter;
  const isKept = ({ id, severity, fixedIn }: Advisory): boolean =>
    (severities.size === 0 || severities.has(severity)) &&
    (ids.size === 0 || ids.has(id)) &&
    !(onlyFixed && fixedIn === undefined) &&
    !(onlyUnfixed && fixedIn !== undefined);
  return packages.map((each) => ({
    ...each,
    vulnerabilities: each.vulnerabilities.filter(isKept),
    undecided: each.undecided.filter(isKept),
  }));
}

function worstFirst(a: Advisory, b: Advisory): number {
  return SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || compareIds(b.id, a.id);
}

/** By year and number, not by letters. */
function compareIds(a: string, b: string): number {
  const numbers = (id: string): number[] => id.split('-').slice(1).map(Number);
  const [yearA = 0, numberA = 0] = numbers(a);
  const [yearB = 0, numberB = 0] = numbers(b);
  return yearA - yearB || numberA - numberB;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
