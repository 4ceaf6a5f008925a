/**
 * The colon syntax of `--volume`: `[source:]target[:options]`. Only tells what kind of mount it is; the
 * daemon reads the rest.
 * Source: docker/cli cli/compose/loader/volume.go.
 */

export interface BindSpec {
  /** A path (`/…`, `./…`, `~…`) or a volume's name; empty for an anonymous volume. */
  source: string;
  target: string;
  /** What the source is. */
  type: 'bind' | 'volume';
}

/** @throws Error with Docker's words */
export function parseBindSpec(spec: string): BindSpec {
  if (spec === '') throw new Error('invalid empty volume spec');
  if (spec.length <= 2) return { source: '', target: spec, type: 'volume' };
  const sections = splitSections(spec);
  if (sections.includes('')) throw new Error(`invalid spec: ${spec}: empty section between colons`);
  if (sections.length > 3) throw new Error(`invalid spec: ${spec}: too many colons`);
  const [first, second] = sections as [string, string | undefined];
  if (second === undefined) return { source: '', target: first, type: 'volume' };
  return { source: first, target: second, type: isPath(first) ? 'bind' : 'volume' };
}

/** Splits at colons, but not after a single letter: that is a Windows drive. */
function splitSections(spec: string): string[] {
  const sections: string[] = [];
  let current = '';
  for (const character of spec) {
    if (character === ':' && !/^\p{L}$/u.test(current)) {
      sections.push(current);
      current = '';
    } else {
      current += character;
    }
  }
  return [...sections, current];
}

function isPath(source: string): boolean {
  return /^[./~]/.test(source) || source.startsWith('\\\\') || /^\p{L}:/u.test(source);
}
