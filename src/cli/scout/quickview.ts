/** An image's vulnerabilities in a few lines, beside those of the image it is built on. */
import type { Command } from '../command.ts';
import { analyse } from './analysis.ts';
import { overviewRows, remarks, table } from './layout.ts';
import { writeProgress, writeReport } from './report.ts';

/** @cli  P[the image is one of the daemon's; no recommendations]  docker scout quickview  "Quick overview of an image" */
export const quickviewCommand: Command = {
  path: ['scout', 'quickview'],
  async run(context) {
    const analysis = await analyse(context, context.args[0]);
    await writeProgress(context, analysis);
    const hints = [`View vulnerabilities → docker scout cves ${analysis.target}`];
    if (analysis.matched) hints.push(`Only those with a fix → docker scout cves --only-fixed ${analysis.target}`);
    const next = analysis.listedBy === 'none' ? '' : `What's next:\n${hints.map((hint) => `    ${hint}\n`).join('')}\n`;
    await writeReport(context, `${table(overviewRows(analysis))}\n${next}${remarks(analysis).join('\n')}\n`);
  },
};
