/**
 * A Dockerfile's lines with their ends, as BuildKit reads them: a line that is too long ends the file.
 */

/** Bytes of a line with its end. */
const maxLineBytes = 65_536;

export class LineReader {
  /** Lines read so far. */
  count = 0;
  /** True when reading stopped at a line that is too long. */
  tooLong = false;
  private at = 0;

  constructor(private readonly text: string) {}

  /** The next line with its `\n`, or undefined at the end. */
  next(): string | undefined {
    if (this.at >= this.text.length || this.tooLong) return undefined;
    const end = this.text.indexOf('\n', this.at);
    const line = end < 0 ? this.text.slice(this.at) : this.text.slice(this.at, end + 1);
    const limit = end < 0 ? maxLineBytes - 1 : maxLineBytes;
    // Three bytes for a code unit at most.
    if (line.length > limit / 3 && new TextEncoder().encode(line).length > limit) {
      this.tooLong = true;
      return undefined;
    }
    this.at += line.length;
    this.count++;
    return line;
  }
}

export const lineTooLong = `dockerfile line greater than max allowed size of ${maxLineBytes - 1}`;
