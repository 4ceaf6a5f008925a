/** Every `docker checkpoint` command: for daemons with experimental features, which ours is not. */
import type { Command } from '../command.ts';
import { createCommand } from './create.ts';
import { lsCommand } from './ls.ts';
import { rmCommand } from './rm.ts';

export const checkpointCommands: Command[] = [createCommand, lsCommand, rmCommand];
