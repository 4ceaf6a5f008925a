// ICU's data without what a database has no use for: converters of character sets, words of languages for dates, units and
// places, and dictionaries. All collations stay. 31 MB become 6.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireInstalled } from '../../debian.ts';
import { cacheDir, run } from '../../shell.ts';
import { compilerPackages } from '../../toolchain.ts';

/** Shared tables that other items refer to. */
const shared = /^(curr|lang|region|unit|zone|rbnf)\/(root|res_index|pool|supplementalData|tzdbNames)\.res$|^(res_index|en|en_US)\.res$/;
const notNeeded = /^(brkitr|curr|lang|region|unit|zone|rbnf|translit)\/|\.cnv$|^unames\.icu$|^confusables\.cfu$|^[a-z]{2,3}(_\w+)*\.res$/;

/** A library like the given `libicudata.so.72`, with less in it. */
export function smallIcuData(library: Uint8Array): Uint8Array {
  requireInstalled(['icu-devtools', ...compilerPackages]);
  const dir = join(cacheDir, 'icu');
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  const archive = join(dir, 'icudt72l.dat');
  const list = join(dir, 'remove.txt');
  writeFileSync(archive, dataOf(library));
  const items = execFileSync('icupkg', ['-l', archive], { encoding: 'utf8' }).trim().split('\n');
  writeFileSync(list, items.filter((item) => notNeeded.test(item) && !shared.test(item)).join('\n') + '\n');
  run('icupkg', ['-r', list, archive], { log: join(dir, 'log') });
  writeFileSync(
    join(dir, 'data.S'),
    `.section .rodata
.globl icudt72_dat
.type icudt72_dat, @object
.balign 16
icudt72_dat: .incbin "icudt72l.dat"
.size icudt72_dat, . - icudt72_dat
.section .note.GNU-stack,"",@progbits
`,
  );
  const flags = ['-m32', '-shared', '-nostdlib', '-s', '-Wl,-soname,libicudata.so.72,--build-id=none'];
  run('gcc', [...flags, '-o', 'libicudata.so', 'data.S'], { cwd: dir });
  return readFileSync(join(dir, 'libicudata.so'));
}

/** What the symbol `icudt72_dat` of a 32-bit library stands for. */
function dataOf(library: Uint8Array): Uint8Array {
  const view = new DataView(library.buffer, library.byteOffset, library.length);
  const sectionsAt = view.getUint32(0x20, true);
  const sectionCount = view.getUint16(0x30, true);
  const section = (index: number): { type: number; address: number; offset: number; size: number; link: number } => {
    const at = sectionsAt + index * 40;
    const word = (field: number): number => view.getUint32(at + field * 4, true);
    return { type: word(1), address: word(3), offset: word(4), size: word(5), link: word(6) };
  };
  const sections = Array.from({ length: sectionCount }, (_, index) => section(index));
  const symbols = sections.find(({ type }) => type === 11);
  if (!symbols) throw new Error('libicudata has no dynamic symbols');
  const names = sections[symbols.link]!.offset;
  for (let at = symbols.offset; at < symbols.offset + symbols.size; at += 16) {
    const name = names + view.getUint32(at, true);
    if (Buffer.from(library.subarray(name, name + 12)).toString('latin1') !== 'icudt72_dat\0') continue;
    const { address, offset } = sections[view.getUint16(at + 14, true)]!;
    const start = view.getUint32(at + 4, true) - address + offset;
    return library.subarray(start, start + view.getUint32(at + 8, true));
  }
  throw new Error('libicudata has no icudt72_dat');
}
