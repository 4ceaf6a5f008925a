// The BIOS: SeaBIOS as Debian packages it, unchanged. v86 boots without a VGA BIOS.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { binaryPackage } from '../debian.ts';
import type { Part } from '../part.ts';

export const bios: Part = {
  name: 'bios',
  recipe: ['machine/bios.ts'],
  place: { file: 'bios.bin' },
  tools: [],
  build() {
    const seabios = binaryPackage('seabios', 'all');
    return { bytes: readFileSync(join(seabios.dir, 'usr/share/seabios/bios.bin')), from: [seabios] };
  },
};
