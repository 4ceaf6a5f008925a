/** Every command about building that is here. */
import type { Command } from '../command.ts';
import { buildCommand } from './build.ts';

export const builderCommands: Command[] = [buildCommand];
