/**
 * Builds a template from its text. Unknown functions and variables are errors here, as in Go, so a
 * template that parses can only fail on its data.
 * Source: Go 1.24 text/template/parse/parse.go.
 */
import { quote } from '#engine/go-quote.ts';
import { describeItem, Lexer, type Item, type ItemKind } from './lex.ts';
import { parseNumber, unquoteString } from './constant.ts';
import { printNode, type Argument, type CommandNode, type Node, type PipeNode, type VariableNode } from './node.ts';

/** A template that does not parse; the message is Go's, location included. */
export class TemplateParseError extends Error {
  override readonly name = 'TemplateParseError';
}

export interface ParsedTemplate {
  name: string;
  text: string;
  root: Node[];
  /** What `{{define}}` and `{{block}}` gave names to. */
  definitions: Map<string, Node[]>;
}

export function parseTemplate(name: string, text: string, hasFunction: (name: string) => boolean): ParsedTemplate {
  return new Parser(name, text, hasFunction).parse();
}

type End = { kind: 'end' | 'else'; at: number };

const TERMS = new Set<ItemKind>([
  'bool',
  'charConstant',
  'complex',
  'dot',
  'field',
  'identifier',
  'number',
  'nil',
  'rawString',
  'string',
  'variable',
  'leftParen',
]);
const NOT_EXECUTABLE = new Set(['bool', 'dot', 'nil', 'number', 'string']);

class Parser {
  readonly #lexer: Lexer;
  /** Items read ahead, the next one last. */
  readonly #pushedBack: Item[] = [];
  /** What the lexer gave last: errors name its line. */
  #token: Item = { kind: 'eof', at: 0, text: '', line: 0 };
  #variables: string[] = ['$'];
  /** Line of the action being parsed; 0 outside. */
  #actionLine = 0;
  #rangeDepth = 0;
  readonly #definitions = new Map<string, Node[]>();

  constructor(
    readonly name: string,
    readonly text: string,
    readonly hasFunction: (name: string) => boolean,
  ) {
    this.#lexer = new Lexer(text);
  }

  parse(): ParsedTemplate {
    const root: Node[] = [];
    while (this.#peek().kind !== 'eof') {
      if (this.#peek().kind === 'leftDelimiter') {
        const delimiter = this.#next();
        const word = this.#nextNonSpace();
        if (word.kind === 'define') {
          this.#definition();
          continue;
        }
        this.#backup(delimiter, word);
      }
      const node = this.#textOrAction();
      if (isEnd(node)) this.#fail(`unexpected {{${node.kind}}}`);
      root.push(node);
    }
    return { name: this.name, text: this.text, root, definitions: this.#definitions };
  }

  // Statements

  #definition(): void {
    const name = this.#nextNonSpace();
    if (name.kind !== 'string' && name.kind !== 'rawString') this.#unexpected(name, 'define clause');
    this.#expect('rightDelimiter', 'define clause');
    this.#block(this.#unquote(name), 'define clause');
  }

  /** The body of a named template, with variables of its own. */
  #block(name: string, context: string): void {
    const outer = this.#variables;
    this.#variables = ['$'];
    const rangeDepth = this.#rangeDepth;
    this.#rangeDepth = 0;
    const [list, end] = this.#list();
    if (end.kind !== 'end') this.#fail(`unexpected {{${end.kind}}} in ${context}`);
    this.#variables = outer;
    this.#rangeDepth = rangeDepth;
    const known = this.#definitions.get(name);
    if (known && !isEmpty(known)) {
      if (!isEmpty(list)) this.#fail(`template: multiple definition of template ${quote(name)}`);
      return;
    }
    this.#definitions.set(name, list);
  }

  /** Nodes up to `{{end}}` or `{{else}}`. */
  #list(): [Node[], End] {
    const list: Node[] = [];
    while (this.#peekNonSpace().kind !== 'eof') {
      const node = this.#textOrAction();
      if (isEnd(node)) return [list, node];
      list.push(node);
    }
    this.#fail('unexpected EOF');
  }

  #textOrAction(): Node | End {
    const token = this.#nextNonSpace();
    if (token.kind === 'text') return { kind: 'text', at: token.at, text: token.text };
    if (token.kind !== 'leftDelimiter') this.#unexpected(token, 'input');
    this.#actionLine = token.line;
    const node = this.#action();
    this.#actionLine = 0;
    return node;
  }

  #action(): Node | End {
    const token = this.#nextNonSpace();
    switch (token.kind) {
      case 'block': {
        const name = this.#templateName('block clause');
        const pipe = this.#pipeline('block clause', 'rightDelimiter');
        this.#block(name.text, 'block clause');
        return { kind: 'template', at: name.at, name: name.text, pipe };
      }
      case 'break':
      case 'continue': {
        const next = this.#nextNonSpace();
        if (next.kind !== 'rightDelimiter') this.#unexpected(next, `{{${token.kind}}}`);
        if (this.#rangeDepth === 0) this.#fail(`{{${token.kind}}} outside {{range}}`);
        return { kind: token.kind, at: token.at };
      }
      case 'else': {
        const next = this.#peekNonSpace();
        if (next.kind === 'if' || next.kind === 'with') return { kind: 'else', at: next.at };
        return { kind: 'else', at: this.#expect('rightDelimiter', 'else').at };
      }
      case 'end':
        return { kind: 'end', at: this.#expect('rightDelimiter', 'end').at };
      case 'if':
      case 'range':
      case 'with':
        return this.#control(token.kind);
      case 'template': {
        const name = this.#templateName('template clause');
        const next = this.#nextNonSpace();
        if (next.kind === 'rightDelimiter') return { kind: 'template', at: name.at, name: name.text };
        this.#backup(next);
        return { kind: 'template', at: name.at, name: name.text, pipe: this.#pipeline('template clause', 'rightDelimiter') };
      }
      default: {
        this.#backup(token);
        const { at } = this.#peek();
        return { kind: 'action', at, pipe: this.#pipeline('command', 'rightDelimiter') };
      }
    }
  }

  #control(kind: 'if' | 'range' | 'with'): Node {
    const scope = this.#variables.length;
    const pipe = this.#pipeline(kind, 'rightDelimiter');
    if (kind === 'range') this.#rangeDepth++;
    const [list, end] = this.#list();
    if (kind === 'range') this.#rangeDepth--;
    let elseList: Node[] | undefined;
    if (end.kind === 'else') {
      if (kind !== 'range' && this.#peek().kind === kind) {
        this.#next();
        elseList = [this.#control(kind)];
      } else {
        const [others, last] = this.#list();
        if (last.kind !== 'end') this.#fail(`expected end; found {{${last.kind}}}`);
        elseList = others;
      }
    }
    this.#variables.length = scope;
    return { kind, at: pipe.at, pipe, list, elseList };
  }

  #templateName(context: string): { text: string; at: number } {
    const token = this.#nextNonSpace();
    if (token.kind !== 'string' && token.kind !== 'rawString') this.#unexpected(token, context);
    return { text: this.#unquote(token), at: token.at };
  }

  // Expressions

  #pipeline(context: string, end: ItemKind): PipeNode {
    const pipe: PipeNode = { kind: 'pipe', at: this.#peekNonSpace().at, variables: [], assigns: false, commands: [] };
    this.#declarations(pipe, context);
    for (;;) {
      const token = this.#nextNonSpace();
      if (token.kind === end) {
        this.#check(pipe, context);
        return pipe;
      }
      if (!TERMS.has(token.kind)) this.#unexpected(token, context);
      this.#backup(token);
      pipe.commands.push(this.#command());
    }
  }

  /** `$x :=`, `$x =`, and `$i, $x :=` in a range. */
  #declarations(pipe: PipeNode, context: string): void {
    for (;;) {
      const variable = this.#peekNonSpace();
      if (variable.kind !== 'variable') return;
      this.#next();
      const after = this.#peek();
      const next = this.#peekNonSpace();
      const node: VariableNode = { kind: 'variable', at: variable.at, names: variable.text.split('.') };
      if (next.kind === 'assign' || next.kind === 'declare') {
        pipe.assigns = next.kind === 'assign';
        this.#nextNonSpace();
        pipe.variables.push(node);
        this.#variables.push(variable.text);
        return;
      }
      if (next.kind === 'char' && next.text === ',') {
        this.#nextNonSpace();
        pipe.variables.push(node);
        this.#variables.push(variable.text);
        if (context === 'range' && pipe.variables.length < 2) {
          if (['variable', 'rightDelimiter', 'rightParen'].includes(this.#peekNonSpace().kind)) continue;
          this.#fail('range can only initialize variables');
        }
        this.#fail(`too many declarations in ${context}`);
      }
      // An argument, not a declaration: put back the blank that tells arguments apart.
      if (after.kind === 'space') this.#backup(variable, after);
      else this.#backup(variable);
      return;
    }
  }

  #check(pipe: PipeNode, context: string): void {
    if (pipe.commands.length === 0) this.#fail(`missing value for ${context}`);
    for (const [index, command] of pipe.commands.entries()) {
      const first = command.args[0];
      if (index > 0 && first && NOT_EXECUTABLE.has(first.kind)) {
        this.#fail(`non executable command in pipeline stage ${index + 1}`);
      }
    }
  }

  #command(): CommandNode {
    const command: CommandNode = { kind: 'command', at: this.#peekNonSpace().at, args: [] };
    for (;;) {
      this.#peekNonSpace();
      const operand = this.#operand();
      if (operand) command.args.push(operand);
      const token = this.#next();
      if (token.kind === 'space') continue;
      if (token.kind === 'rightDelimiter' || token.kind === 'rightParen') this.#backup(token);
      else if (token.kind !== 'pipe') this.#unexpected(token, 'operand');
      break;
    }
    if (command.args.length === 0) this.#fail('empty command');
    return command;
  }

  /** A term and the fields that follow it. */
  #operand(): Argument | undefined {
    const node = this.#term();
    if (!node || this.#peek().kind !== 'field') return node;
    const { at } = this.#peek();
    const fields: string[] = [];
    while (this.#peek().kind === 'field') fields.push(this.#next().text.slice(1));
    switch (node.kind) {
      case 'field':
      case 'variable':
        return { ...node, at, names: [...node.names, ...fields] };
      case 'bool':
      case 'string':
      case 'number':
      case 'nil':
      case 'dot':
        return this.#fail(`unexpected . after term ${quote(printNode(node))}`);
      default:
        return { kind: 'chain', at, node, fields };
    }
  }

  #term(): Argument | undefined {
    const token = this.#nextNonSpace();
    const { at, text } = token;
    switch (token.kind) {
      case 'identifier':
        if (!this.hasFunction(text)) this.#fail(`function ${quote(text)} not defined`);
        return { kind: 'identifier', at, name: text };
      case 'dot':
      case 'nil':
        return { kind: token.kind, at };
      case 'variable':
        if (!this.#variables.includes(text)) this.#fail(`undefined variable ${quote(text)}`);
        return { kind: 'variable', at, names: [text] };
      case 'field':
        return { kind: 'field', at, names: [text.slice(1)] };
      case 'bool':
        return { kind: 'bool', at, value: text === 'true' };
      case 'charConstant':
      case 'complex':
      case 'number':
        return { kind: 'number', at, text, value: this.#constant(() => parseNumber(text, token.kind === 'charConstant')) };
      case 'string':
      case 'rawString':
        return { kind: 'string', at, quoted: text, value: this.#unquote(token) };
      case 'leftParen':
        return this.#pipeline('parenthesized pipeline', 'rightParen');
      default:
        this.#backup(token);
        return undefined;
    }
  }

  #unquote(token: Item): string {
    return token.kind === 'rawString' ? token.text.slice(1, -1) : this.#constant(() => unquoteString(token.text));
  }

  #constant<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      return this.#fail((error as Error).message);
    }
  }

  // Items

  #next(): Item {
    return this.#pushedBack.pop() ?? (this.#token = this.#lexer.next());
  }

  #peek(): Item {
    const token = this.#next();
    this.#pushedBack.push(token);
    return token;
  }

  #nextNonSpace(): Item {
    let token = this.#next();
    while (token.kind === 'space') token = this.#next();
    return token;
  }

  #peekNonSpace(): Item {
    const token = this.#nextNonSpace();
    this.#pushedBack.push(token);
    return token;
  }

  /** Puts items back, to come again in the order given. */
  #backup(...items: Item[]): void {
    this.#pushedBack.push(...items.reverse());
  }

  #expect(kind: ItemKind, context: string): Item {
    const token = this.#nextNonSpace();
    if (token.kind !== kind) this.#unexpected(token, context);
    return token;
  }

  #unexpected(token: Item, context: string): never {
    if (token.kind !== 'error') this.#fail(`unexpected ${describeItem(token)} in ${context}`);
    let place = '';
    if (this.#actionLine !== 0 && this.#actionLine !== token.line) {
      const action = token.text.endsWith(' action') ? '' : ' in action';
      place = `${action} started at ${this.name}:${this.#actionLine}`;
    }
    this.#fail(token.text + place);
  }

  #fail(problem: string): never {
    throw new TemplateParseError(`template: ${this.name}:${this.#token.line}: ${problem}`);
  }
}

function isEnd(node: Node | End): node is End {
  return node.kind === 'end' || node.kind === 'else';
}

/** Only white space. */
function isEmpty(list: Node[]): boolean {
  return list.every((node) => node.kind === 'text' && node.text.trim() === '');
}
