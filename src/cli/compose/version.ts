import type { Command } from '../command.ts';

/** What Compose calls itself in its own words; containers have it without the letter. */
const VERSION = 'v2.26.1';

/** @cli  Y  docker compose version  "Show the Docker Compose version information" */
export const version: Command = {
  path: ['compose', 'version'],
  run: async ({ flags, out }) => out(versionText(flags.bool('short'), flags.string('format'))),
};

export function versionText(isShort: boolean, format: string): string {
  if (isShort) return `${VERSION.slice(1)}\n`;
  if (format === 'json') return `${JSON.stringify({ version: VERSION })}\n`;
  return `Docker Compose version ${VERSION}\n`;
}
