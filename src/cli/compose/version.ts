import type { Command } from '../command.ts';
import { COMPOSE_VERSION } from './labels.ts';

const VERSION = `v${COMPOSE_VERSION}`;

/** @cli  Y  docker compose version  "Show the Docker Compose version information" */
export const version: Command = {
  path: ['compose', 'version'],
  run: async ({ flags, out }) => out(versionText(flags.bool('short'), flags.string('format'))),
};

export function versionText(isShort: boolean, format: string): string {
  if (isShort) return `${COMPOSE_VERSION}\n`;
  if (format === 'json') return `${JSON.stringify({ version: VERSION })}\n`;
  return `Docker Compose version ${VERSION}\n`;
}
