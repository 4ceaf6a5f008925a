/** Where a scan's text goes: standard output, or the file of `--output`. */
import type { CommandContext } from '../command.ts';
import { counted } from './layout.ts';
import type { Analysis } from './analysis.ts';

export async function writeReport(context: CommandContext, text: string): Promise<void> {
  const file = context.flags.string('output');
  if (file === '') return await context.out(text);
  await context.environment.files.write(file, new TextEncoder().encode(text), 0o644);
  await context.err(`    ✓ Report written to ${file}\n`);
}

/** What was read, before anything is said of it; on standard error, so that the report can be piped. */
export async function writeProgress(context: CommandContext, { packageCount, packages, matched }: Analysis): Promise<void> {
  await context.err(`    ✓ Indexed ${counted(packageCount, 'package')}\n`);
  if (!matched) return;
  const vulnerable = packages.filter(({ vulnerabilities }) => vulnerabilities.length > 0);
  const total = vulnerable.reduce((sum, { vulnerabilities }) => sum + vulnerabilities.length, 0);
  if (total === 0) return await context.err('    ✓ No vulnerable package detected\n\n');
  const found = counted(total, 'vulnerability', 'vulnerabilities');
  await context.err(`    ✗ Detected ${counted(vulnerable.length, 'vulnerable package')} with a total of ${found}\n\n`);
}
