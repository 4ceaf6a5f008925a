/** Lists the vulnerabilities of an image, package by package. Flags and exit status are Docker Scout's. */
import type { Command, CommandContext } from '../command.ts';
import { ExitError } from '../exit-error.ts';
import { SEVERITIES, type Severity } from './advisories.ts';
import { analyse, type Analysis } from './analysis.ts';
import { markdown, overviewRows, packageText, remarks, summary, table, undecidedText } from './layout.ts';
import { keepVulnerabilities, type ScannedPackage } from './match.ts';
import { writeProgress, writeReport } from './report.ts';

/** The status of `--exit-code` when something was found. */
const FOUND = 2;
const FORMATS = ['packages', 'markdown'];
/** Kinds of package that Scout names and that are not looked for here: only Debian's are. */
const DEBIAN_TYPES = ['deb', 'debian'];

/**
 * @cli  P[the image is one of the daemon's; --format packages and markdown]  docker scout cves  "Display CVEs identified in an image"
 * @cli  P[as docker scout cves]  docker scan  "Display CVEs identified in an image"
 */
export const cvesCommand: Command = {
  path: ['scout', 'cves'],
  async run(context) {
    const { flags, args } = context;
    const format = flags.string('format');
    if (!FORMATS.includes(format)) throw new ExitError(1, `unsupported format "${format}": the formats here are ${FORMATS.join(' and ')}`);
    const severities = severitiesOf(flags.list('only-severity'));
    if (flags.bool('only-fixed') && flags.bool('only-unfixed'))
      throw new ExitError(1, '--only-fixed and --only-unfixed exclude each other');

    const analysis = await analyse(context, args[0]);
    const selected = selectPackages(context, analysis.packages);
    const packages = keepVulnerabilities(selected, {
      severities,
      ids: new Set(flags.list('only-cve-id').map((id) => id.toUpperCase())),
      onlyFixed: flags.bool('only-fixed'),
      onlyUnfixed: flags.bool('only-unfixed'),
    });
    const shown = { ...analysis, packages };
    await writeProgress(context, shown);
    const vulnerable = packages.filter(({ vulnerabilities }) => vulnerabilities.length > 0);
    await writeReport(context, format === 'markdown' ? markdown(shown, vulnerable) : reportText(context, shown, vulnerable));
    return flags.bool('exit-code') && vulnerable.length > 0 ? FOUND : 0;
  },
};

function reportText({ flags }: CommandContext, analysis: Analysis, vulnerable: readonly ScannedPackage[]): string {
  const details = flags.bool('details');
  const parts = [`## Overview\n\n${table(overviewRows(analysis))}\n`];
  if (vulnerable.length > 0) {
    parts.push(`\n## Packages and Vulnerabilities\n\n${vulnerable.map((each) => packageText(each, analysis, details)).join('')}`);
  }
  if (details || flags.bool('only-unfixed')) parts.push(undecidedText(analysis.packages, analysis));
  if (analysis.matched) parts.push(vulnerable.length > 0 ? summary(vulnerable) : 'No vulnerable packages detected\n');
  parts.push(`\n${remarks(analysis).join('\n')}\n`);
  return parts.join('');
}

function severitiesOf(words: readonly string[]): ReadonlySet<Severity> {
  const known: readonly string[] = SEVERITIES;
  const wrong = words.find((word) => !known.includes(word.toLowerCase()));
  if (wrong !== undefined) throw new ExitError(1, `invalid severity "${wrong}": it is one of ${SEVERITIES.join(', ')}`);
  return new Set(words.map((word) => word.toLowerCase() as Severity));
}

/** `--only-package` takes the name of a source package or of a package installed from it. */
function selectPackages({ flags }: CommandContext, packages: readonly ScannedPackage[]): readonly ScannedPackage[] {
  const types = flags.list('only-package-type');
  if (types.length > 0 && !types.some((type) => DEBIAN_TYPES.includes(type.toLowerCase()))) return [];
  const names = new Set(flags.list('only-package'));
  return names.size === 0 ? packages : packages.filter(({ source, binaries }) => [source, ...binaries].some((name) => names.has(name)));
}
