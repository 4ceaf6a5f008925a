/** Every `docker manifest` command that is here. */
import type { Command } from '../command.ts';
import { inspectCommand } from './inspect.ts';

export const manifestCommands: Command[] = [inspectCommand];
