/**
 * One of five colours for each image, the same everywhere. The name decides, so that an image keeps its
 * colour over a reload; where two would share one, the later takes the next that is free.
 */
const count = 5;

export class Ships {
  readonly #byImage = new Map<string, number>();

  /** A custom property: `var(--ship3)`. */
  colourOf(image: string): string {
    return `var(--ship${this.#indexOf(withoutTag(image)) + 1})`;
  }

  #indexOf(name: string): number {
    const known = this.#byImage.get(name);
    if (known !== undefined) return known;
    const taken = new Set(this.#byImage.values());
    let index = hash(name) % count;
    if (taken.size < count) while (taken.has(index)) index = (index + 1) % count;
    this.#byImage.set(name, index);
    return index;
  }
}

function withoutTag(image: string): string {
  const colon = image.lastIndexOf(':');
  return colon > image.lastIndexOf('/') && !image.startsWith('sha256:') ? image.slice(0, colon) : image;
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0;
  return value;
}
