/** Every `docker volume` command. */
import type { Command } from '../command.ts';
import { createCommand } from './create.ts';
import { inspectCommand } from './inspect.ts';
import { lsCommand } from './ls.ts';
import { pruneCommand } from './prune.ts';
import { rmCommand } from './rm.ts';
import { updateCommand } from './update.ts';

export const volumeCommands: Command[] = [createCommand, inspectCommand, lsCommand, pruneCommand, rmCommand, updateCommand];
