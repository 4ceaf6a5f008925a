/** Every `docker scout` command that is here; `docker scan` is `docker scout cves`. */
import type { Command } from '../command.ts';
import { cvesCommand } from './cves.ts';
import { quickviewCommand } from './quickview.ts';
import { versionCommand } from './version.ts';

export const scoutCommands: Command[] = [cvesCommand, quickviewCommand, versionCommand];
