/**
 * Whether a text is YAML by libyaml's grammar, in go-yaml's words, which Compose prints.
 * Source: go-yaml v3.0.1 parserc.go, decode.go.
 */
import { ComposeError } from '../compose-error.ts';
import { YamlScanner, type Token, type TokenType } from './yaml-tokens.ts';

const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]/;

/** Where in the text a document is, with its directives. */
export interface DocumentRange {
  start: number;
  end: number;
  /** Of its start, from 0. */
  line: number;
}

/**
 * The documents of a text, each checked when it is asked for: Compose takes in the first before it reads the second.
 *
 * @throws ComposeError: `yaml: line 3: did not find expected key`
 */
export function* findYamlDocuments(text: string): Iterable<DocumentRange> {
  if (CONTROL.test(text)) throw new ComposeError('yaml: control characters are not allowed', 15);
  yield* new YamlGrammar(text).documents();
}

/** How deep collections may be: each level is some calls. */
const MAX_DEPTH = 1000;

class YamlGrammar {
  readonly #scanner: YamlScanner;
  #handles = new Set<string>();
  readonly #anchors = new Set<string>();
  #depth = 0;

  constructor(text: string) {
    this.#scanner = new YamlScanner(text);
  }

  *documents(): Iterable<DocumentRange> {
    let from = { at: 0, line: 0 };
    for (let implicit = true; ; implicit = false) {
      if (!implicit) while (this.#type() === 'document-end') this.#next();
      if (this.#type() === 'stream-end') return;
      const isBare = implicit && this.#type() !== 'directive' && this.#type() !== 'document-start';
      this.#directives();
      if (isBare) this.#node(true, false);
      else {
        if (this.#type() !== 'document-start') this.#fail('did not find expected <document start>', this.#peek().line);
        this.#next();
        if (!['directive', 'document-start', 'document-end', 'stream-end'].includes(this.#type())) this.#node(true, false);
      }
      if (this.#type() === 'document-end') this.#next();
      const { at, line } = this.#peek();
      yield { start: from.at, end: at, line: from.line };
      from = { at, line };
    }
  }

  #directives(): void {
    this.#handles = new Set();
    let version = false;
    for (let token = this.#peek(); token.type === 'directive'; token = this.#peek()) {
      if (token.text === 'YAML') {
        if (version) this.#fail('found duplicate %YAML directive', token.line);
        if (token.operand !== '1.1') this.#fail('found incompatible YAML document', token.line);
        version = true;
      } else {
        if (this.#handles.has(token.operand!)) this.#fail('found duplicate %TAG directive', token.line);
        this.#handles.add(token.operand!);
      }
      this.#next();
    }
    this.#handles.add('!').add('!!');
  }

  #node(block: boolean, indentless: boolean): void {
    if (++this.#depth > MAX_DEPTH) throw new ComposeError('yaml: exceeded max depth of 10000', 15);
    this.#nodeContent(block, indentless);
    this.#depth--;
  }

  #nodeContent(block: boolean, indentless: boolean): void {
    const start = this.#peek();
    if (start.type === 'alias') {
      if (!this.#anchors.has(start.text!)) throw new ComposeError(`yaml: unknown anchor '${start.text!}' referenced`, 15);
      return void this.#next();
    }
    const hasProperties = this.#properties(start);
    switch (this.#type()) {
      case 'scalar':
        return void this.#next();
      case '[':
        return this.#flowSequence();
      case '{':
        return this.#flowMapping();
      case 'block-entry':
        if (indentless) return this.#indentlessSequence();
        break;
      case 'block-sequence-start':
        if (block) return this.#blockSequence();
        break;
      case 'block-mapping-start':
        if (block) return this.#blockMapping();
        break;
      default:
    }
    // A node that has a tag or an anchor may be empty.
    if (!hasProperties) this.#fail('did not find expected node content', this.#peek().line, start.line);
  }

  #properties(start: Token): boolean {
    let tag: Token | undefined;
    for (let seen: TokenType | undefined; ;) {
      const token = this.#peek();
      if ((token.type !== 'anchor' && token.type !== 'tag') || token.type === seen || (seen && token.type === start.type)) break;
      if (token.type === 'tag') tag = token;
      else this.#anchors.add(token.text!);
      seen = token.type;
      this.#next();
    }
    if (tag?.text && !this.#handles.has(tag.text)) this.#fail('found undefined tag handle', tag.line, start.line);
    return start.type === 'anchor' || start.type === 'tag';
  }

  #blockSequence(): void {
    const start = this.#next();
    while (this.#type() === 'block-entry') {
      this.#next();
      if (this.#type() !== 'block-entry' && this.#type() !== 'block-end') this.#node(true, false);
    }
    if (this.#type() !== 'block-end') this.#fail("did not find expected '-' indicator", this.#peek().line, start.line);
    this.#next();
  }

  /** One whose dashes are as deep as the key in front of it. */
  #indentlessSequence(): void {
    while (this.#type() === 'block-entry') {
      this.#next();
      if (!['block-entry', 'key', 'value', 'block-end'].includes(this.#type())) this.#node(true, false);
    }
  }

  #blockMapping(): void {
    const start = this.#next();
    const isContent = (): boolean => !['key', 'value', 'block-end'].includes(this.#type());
    for (;;) {
      if (this.#type() === 'block-end') return void this.#next();
      if (this.#type() !== 'key') this.#fail('did not find expected key', this.#peek().line, start.line);
      this.#next();
      if (isContent()) this.#node(true, true);
      if (this.#type() !== 'value') continue;
      this.#next();
      if (isContent()) this.#node(true, true);
    }
  }

  #flowSequence(): void {
    const start = this.#next();
    for (let first = true; this.#type() !== ']'; first = false) {
      if (!first) this.#flowEntry(start, ']');
      if (this.#type() === 'key') this.#flowPair();
      else if (this.#type() !== ']') this.#node(false, false);
      else break;
    }
    this.#next();
  }

  /** `[a: b]`: a mapping of one entry. */
  #flowPair(): void {
    this.#next();
    if (!['value', 'flow-entry', ']'].includes(this.#type())) this.#node(false, false);
    else if (this.#type() !== 'value') {
      // go-yaml passes over this token, whatever it is.
      this.#next();
    }
    if (this.#type() !== 'value') return;
    this.#next();
    if (!['flow-entry', ']'].includes(this.#type())) this.#node(false, false);
  }

  #flowMapping(): void {
    const start = this.#next();
    for (let first = true; this.#type() !== '}'; first = false) {
      if (!first) this.#flowEntry(start, '}');
      if (this.#type() === 'key') {
        this.#next();
        if (!['value', 'flow-entry', '}'].includes(this.#type())) this.#node(false, false);
        if (this.#type() !== 'value') continue;
        this.#next();
        if (!['flow-entry', '}'].includes(this.#type())) this.#node(false, false);
      } else if (this.#type() !== '}') this.#node(false, false);
      else break;
    }
    this.#next();
  }

  #flowEntry(start: Token, close: string): void {
    if (this.#type() !== 'flow-entry') this.#fail(`did not find expected ',' or '${close}'`, this.#peek().line, start.line);
    this.#next();
  }

  #peek(): Token {
    return this.#scanner.peek();
  }

  #type(): TokenType {
    return this.#peek().type;
  }

  #next(): Token {
    const token = this.#peek();
    this.#scanner.skip();
    return token;
  }

  /** The grammar's lines are one less than they are, and the first line is none. */
  #fail(problem: string, line: number, began = 0): never {
    const told = began || line;
    throw new ComposeError(`yaml: ${told === 0 ? '' : `line ${told}: `}${problem}`, 15);
  }
}
