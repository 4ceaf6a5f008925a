/** Where the project lies on this disk. */
import { resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '..');
