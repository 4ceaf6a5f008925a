/** Every `docker system` command, and those on top that belong to no other noun. `docker system dial-stdio` is not here. */
import type { Command } from '../command.ts';
import { dfCommand } from './df.ts';
import { eventsCommand } from './events.ts';
import { infoCommand } from './info.ts';
import { inspectCommand } from './inspect.ts';
import { pruneCommand } from './prune.ts';
import { versionCommand } from './version.ts';

export const systemCommands: Command[] = [dfCommand, eventsCommand, infoCommand, inspectCommand, pruneCommand, versionCommand];
