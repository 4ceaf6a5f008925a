/** Every command of Docker Compose, and the group itself. */
import type { Command } from '../command.ts';
import { configDirectory } from '../client-config.ts';
import { helpOf } from '../help/help-data.ts';
import { helpText } from '../help/usage.ts';
import { configCommand } from './config.ts';
import { globalsOf } from './globals.ts';
import { version, versionText } from './version.ts';

const DEFAULT_WIDTH = 80;

/** @cli  Y  docker compose  "Define and run multi-container applications with Docker" */
const group: Command = {
  path: ['compose'],
  run: async ({ environment, flags, out }) => {
    if (flags.bool('version')) return out(versionText(false, ''));
    const width = environment.stdout.size()?.columns ?? DEFAULT_WIDTH;
    await out(helpText(helpOf('compose')!, { width, configDirectory: configDirectory(environment) }));
  },
};

export const composeCommands: Command[] = [group, configCommand(globalsOf), version];
