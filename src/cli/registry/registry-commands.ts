/** The commands about registries that belong to no noun. */
import type { Command } from '../command.ts';
import { loginCommand } from './login.ts';
import { logoutCommand } from './logout.ts';
import { searchCommand } from './search.ts';

export const registryCommands: Command[] = [loginCommand, logoutCommand, searchCommand];
