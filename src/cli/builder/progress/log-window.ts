/**
 * The last lines that a running step has printed, as a small terminal would show them: long lines go on in the next
 * row, a carriage return begins the row anew, progress bars that write over themselves stay one line. Colours are dropped.
 * Source: BuildKit's use of tonistiigi/vt100.
 */

/** Rows that are shown of one step, unless the terminal is too small. */
export const WINDOW_ROWS = 6;
/** Columns around it: ` => => # `. */
const MARGIN = 10;
const MIN_COLUMNS = 6;
/** A sequence that has not ended after so many letters is none. */
const MAX_SEQUENCE = 64;

export class LogWindow {
  #columns: number;
  #rows: string[][];
  #row = 0;
  #column = 0;
  #saved: [row: number, column: number] = [0, 0];
  /** The beginning of an escape sequence whose end has not come. */
  #pending = '';

  /** @param columns of the terminal that it is shown on */
  constructor(columns: number) {
    this.#columns = Math.max(MIN_COLUMNS, columns - MARGIN);
    this.#rows = Array.from({ length: WINDOW_ROWS }, () => []);
  }

  /** Rows that are not blank, in full width. */
  lines(): string[] {
    return this.#rows
      .map((row) => Array.from({ length: this.#columns }, (_, column) => row[column] ?? ' ').join(''))
      .filter((line) => line.trim() !== '');
  }

  resize(columns: number): void {
    this.#columns = Math.max(MIN_COLUMNS, columns - MARGIN);
    for (const row of this.#rows) row.length = Math.min(row.length, this.#columns);
  }

  write(text: string): void {
    const letters = [...(this.#pending + text)];
    this.#pending = '';
    for (let at = 0; at < letters.length; at++) {
      const letter = letters[at]!;
      if (letter === '\x1b' || letter === '\x9b') {
        const length = this.#sequence(letters, at);
        if (length === undefined) {
          this.#pending = letters.slice(at).join('');
          return;
        }
        at += length - 1;
      } else if (letter === '\n') {
        this.#row++;
        this.#column = 0;
      } else if (letter === '\r') this.#column = 0;
      else if (letter === '\b') this.#back();
      else if (!/\p{Cc}/u.test(letter)) this.#put(letter);
    }
  }

  #put(letter: string): void {
    if (this.#column >= this.#columns) this.#wrap();
    while (this.#row >= WINDOW_ROWS) {
      this.#rows.shift();
      this.#rows.push([]);
      this.#row--;
    }
    this.#rows[this.#row]![this.#column++] = letter;
    if (this.#column >= this.#columns) this.#wrap();
  }

  #wrap(): void {
    this.#column = 0;
    this.#row++;
  }

  #back(): void {
    if (this.#column > 0) this.#column--;
    else if (this.#row > 0) {
      this.#row--;
      this.#column = this.#columns - 1;
    }
  }

  /** Carries out the escape sequence at a position; its length, or undefined when more of it must come. */
  #sequence(letters: string[], at: number): number | undefined {
    let next = at + 1;
    let isControl = letters[at] === '\x9b';
    if (!isControl && letters[next] === '[') {
      isControl = true;
      next++;
    }
    if (next >= letters.length) return undefined;
    if (!isControl) {
      this.#command(letters[next]!, []);
      return next + 1 - at;
    }
    const begin = next;
    while (next < letters.length && !/[@-~]/.test(letters[next]!)) {
      if (next - begin > MAX_SEQUENCE) return next - at;
      next++;
    }
    if (next >= letters.length) return undefined;
    const parameters = letters.slice(begin, next).join('');
    if (/^[\d;]*$/.test(parameters)) this.#command(letters[next]!, parameters === '' ? [] : parameters.split(';').map(Number));
    return next + 1 - at;
  }

  #command(letter: string, [first, second]: number[]): void {
    const count = first ?? 1;
    switch (letter) {
      case 's':
      case '7':
        this.#saved = [this.#row, this.#column];
        break;
      case 'u':
      case '8':
        [this.#row, this.#column] = this.#saved;
        break;
      case 'A':
        this.#moveTo(this.#row - count, this.#column);
        break;
      case 'B':
        this.#moveTo(this.#row + count, this.#column);
        break;
      case 'C':
        this.#moveTo(this.#row, this.#column + count);
        break;
      case 'D':
        this.#moveTo(this.#row, this.#column - count);
        break;
      case 'H':
      case 'f':
        this.#moveTo(second === undefined ? 0 : (first ?? 1) - 1, (second ?? 1) - 1);
        break;
      case 'K':
        this.#eraseInRow(first ?? 0);
        break;
      case 'J':
        this.#eraseRows(first ?? 0);
        break;
    }
  }

  #moveTo(row: number, column: number): void {
    this.#row = Math.min(WINDOW_ROWS - 1, Math.max(0, row));
    this.#column = Math.min(this.#columns - 1, Math.max(0, column));
  }

  /** @param part 0 from the cursor on, 1 up to it, 2 all */
  #eraseInRow(part: number): void {
    const row = this.#rows[this.#row];
    if (!row) return;
    if (part === 0) row.length = Math.min(row.length, this.#column);
    else for (let column = 0; column <= (part === 1 ? this.#column : row.length - 1); column++) row[column] = ' ';
  }

  #eraseRows(part: number): void {
    const [from, to] = part === 0 ? [this.#row, WINDOW_ROWS - 1] : part === 1 ? [0, this.#row] : [0, WINDOW_ROWS - 1];
    for (let row = from; row <= to && row < WINDOW_ROWS; row++) this.#rows[row] = [];
  }
}
