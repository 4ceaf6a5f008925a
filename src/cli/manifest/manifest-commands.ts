/** Every `docker manifest` command. */
import type { Command } from '../command.ts';
import { annotateCommand } from './annotate.ts';
import { createCommand } from './create.ts';
import { inspectCommand } from './inspect.ts';
import { pushCommand } from './push.ts';
import { rmCommand } from './rm.ts';

export const manifestCommands: Command[] = [annotateCommand, createCommand, inspectCommand, pushCommand, rmCommand];
