/**
 * Regular expressions, as far as ignore patterns make them, matched in time proportional to expression times text. The
 * library that Docker uses turns patterns into Go's expressions, quirks included (`[*]`, `\d`), so those are read here.
 * Source: Go, regexp/syntax.
 */

type Item =
  { kind: 'set'; accepts: (code: number) => boolean } | { kind: 'start' } | { kind: 'end' } | { kind: 'group'; items: Repeated[] };
interface Repeated {
  item: Item;
  repeat: '' | '*' | '?';
}
type Step =
  { kind: 'set'; accepts: (code: number) => boolean } | { kind: 'start' | 'end' | 'match' } | { kind: 'split'; to: number; other: number };

export class BadExpression extends Error {}

export class Expression {
  private readonly steps: Step[] = [];

  /** @throws BadExpression */
  constructor(source: string) {
    const reader = new Reader(Array.from(source, (char) => char.codePointAt(0)!));
    this.add(reader.items({ inGroup: false }));
    this.steps.push({ kind: 'match' });
  }

  /** True when it matches anywhere in the text. */
  matches(text: string): boolean {
    const codes = Array.from(text, (char) => char.codePointAt(0)!);
    let current = new Set<number>();
    for (let at = 0; at <= codes.length; at++) {
      // A match may begin anywhere; most expressions begin with ^.
      if (this.follow(current, 0, at, codes.length)) return true;
      const next = new Set<number>();
      for (const index of current) {
        const step = this.steps[index]!;
        if (step.kind === 'set' && at < codes.length && step.accepts(codes[at]!)) {
          if (this.follow(next, index + 1, at + 1, codes.length)) return true;
        }
      }
      current = next;
    }
    return false;
  }

  /** Adds the steps that can be reached without a character; true when that is the end. */
  private follow(into: Set<number>, from: number, at: number, length: number): boolean {
    const pending = [from];
    for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
      if (into.has(index)) continue;
      into.add(index);
      const step = this.steps[index]!;
      if (step.kind === 'match') return true;
      if (step.kind === 'split') pending.push(step.other, step.to);
      if ((step.kind === 'start' && at === 0) || (step.kind === 'end' && at === length)) pending.push(index + 1);
    }
    return false;
  }

  private add(items: readonly Repeated[]): void {
    for (const { item, repeat } of items) {
      const start = this.steps.length;
      if (repeat !== '') this.steps.push({ kind: 'match' });
      if (item.kind === 'group') this.add(item.items);
      else this.steps.push(item);
      if (repeat === '*') this.steps.push({ kind: 'split', to: start, other: start });
      if (repeat !== '') this.steps[start] = { kind: 'split', to: start + 1, other: this.steps.length };
    }
  }
}

const end = -1;
const code = (char: string): number => char.codePointAt(0)!;

class Reader {
  private at = 0;

  constructor(private readonly codes: readonly number[]) {}

  items({ inGroup }: { inGroup: boolean }): Repeated[] {
    const items: Repeated[] = [];
    for (let next = this.peek(); next !== end; next = this.peek()) {
      if (next === code(')') && inGroup) return items;
      const item = this.item();
      const mark = this.peek();
      const repeat = mark === code('*') ? '*' : mark === code('?') ? '?' : '';
      if (repeat !== '') this.at++;
      if (repeat !== '' && (this.peek() === code('*') || this.peek() === code('+'))) throw new BadExpression('nested repetition');
      items.push({ item, repeat });
    }
    if (inGroup) throw new BadExpression('missing )');
    return items;
  }

  private item(): Item {
    const next = this.next();
    switch (next) {
      case code('^'):
        return { kind: 'start' };
      case code('$'):
        return { kind: 'end' };
      case code('.'):
        return set((other) => other !== 10);
      case code('['):
        return set(this.characterClass());
      case code('\\'):
        return set(this.escape());
      case code('('): {
        const items = this.items({ inGroup: true });
        this.at++;
        return { kind: 'group', items };
      }
      case code('*'):
      case code('?'):
      case code('+'):
      case code(')'):
        throw new BadExpression('misplaced operator');
      default:
        return set((other) => other === next);
    }
  }

  /** From after `[` to after `]`. */
  private characterClass(): (code: number) => boolean {
    const negated = this.peek() === code('^');
    if (negated) this.at++;
    const parts: ((code: number) => boolean)[] = [];
    for (let first = true; first || this.peek() !== code(']'); first = false) {
      const named = this.namedClass();
      if (named) {
        parts.push(named);
        continue;
      }
      const low = this.next();
      if (low === end) throw new BadExpression('missing ]');
      if (low === code('\\')) {
        const escaped = this.escape();
        // Ranges begin with a character, not with a class.
        if (this.peek() !== code('-') || this.codes[this.at + 1] === code(']')) {
          parts.push(escaped);
          continue;
        }
        parts.push(this.range(this.codes[this.at - 1]!));
        continue;
      }
      const isRange = this.peek() === code('-') && this.codes[this.at + 1] !== undefined && this.codes[this.at + 1] !== code(']');
      parts.push(isRange ? this.range(low) : (other) => other === low);
    }
    this.at++;
    return (other) => parts.some((part) => part(other)) !== negated;
  }

  private range(low: number): (code: number) => boolean {
    this.at++;
    let high = this.next();
    if (high === code('\\')) high = this.next();
    if (high < low) throw new BadExpression('invalid character class range');
    return (other) => low <= other && other <= high;
  }

  private namedClass(): ((code: number) => boolean) | undefined {
    if (this.peek() !== code('[') || this.codes[this.at + 1] !== code(':')) return undefined;
    const text = String.fromCodePoint(...this.codes.slice(this.at, this.at + 16));
    const [written, negation, name = ''] = /^\[:(\^?)([a-z]+):\]/.exec(text) ?? [];
    if (written === undefined) return undefined;
    const pattern = Object.hasOwn(posixClasses, name) ? posixClasses[name]! : undefined;
    if (!pattern) throw new BadExpression('invalid character class range');
    this.at += written.length;
    return (other) => pattern.test(String.fromCodePoint(other)) !== (negation === '^');
  }

  /** From after the backslash. */
  private escape(): (code: number) => boolean {
    const next = this.next();
    if (next === end) throw new BadExpression('trailing backslash');
    const char = String.fromCodePoint(next);
    const pattern = Object.hasOwn(perlClasses, char) ? perlClasses[char]! : undefined;
    if (pattern) return (other) => pattern.test(String.fromCodePoint(other));
    const control = Object.hasOwn(controls, char) ? controls[char] : undefined;
    if (control !== undefined) return (other) => other === control;
    if (/[0-9A-Za-z]/.test(char) || next >= 0x80) throw new BadExpression('invalid escape sequence');
    return (other) => other === next;
  }

  private peek(): number {
    return this.codes[this.at] ?? end;
  }

  private next(): number {
    return this.codes[this.at++] ?? end;
  }
}

const perlClasses: Record<string, RegExp> = {
  d: /^[0-9]$/,
  D: /^[^0-9]$/u,
  s: /^[\t\n\f\r ]$/,
  S: /^[^\t\n\f\r ]$/u,
  w: /^[0-9A-Za-z_]$/,
  W: /^[^0-9A-Za-z_]$/u,
};

const controls: Record<string, number> = { a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 };

const posixClasses: Record<string, RegExp> = {
  alnum: /^[0-9A-Za-z]$/,
  alpha: /^[A-Za-z]$/,
  ascii: /^[\0-\x7f]$/,
  blank: /^[\t ]$/,
  cntrl: /^[\0-\x1f\x7f]$/,
  digit: /^[0-9]$/,
  graph: /^[!-~]$/,
  lower: /^[a-z]$/,
  print: /^[ -~]$/,
  punct: /^[!-/:-@[-`{-~]$/,
  space: /^[\t\n\v\f\r ]$/,
  upper: /^[A-Z]$/,
  word: /^[0-9A-Za-z_]$/,
  xdigit: /^[0-9A-Fa-f]$/,
};

function set(accepts: (code: number) => boolean): Item {
  return { kind: 'set', accepts };
}
