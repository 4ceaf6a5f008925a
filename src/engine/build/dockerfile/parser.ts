/**
 * Dockerfile text to instructions with their arguments: directives, comments, continued lines, here-documents. What an
 * instruction means, and whether it exists, is decided in `instructions/`.
 * Source: BuildKit 0.22 frontend/dockerfile/parser; its results and errors are the measure.
 */
import { DirectiveReader } from './directives.ts';
import { DockerfileError, type LineRange, locating } from './dockerfile-error.ts';
import { isSpace, trimEndOf, trimSpace, trimSpaceStart } from './go-space.ts';
import { type Heredoc, heredocsIn } from './heredoc.ts';
import { LineReader, lineTooLong } from './line-reader.ts';
import { splitLine } from './split-line.ts';
import { parseJsonForm, parsePairs, parseWords, splitBlanks } from './words.ts';

export interface DockerfileNode {
  /** As written: `FROM`, `from`. */
  keyword: string;
  /** The line, continuations joined. */
  original: string;
  flags: string[];
  args: string[];
  /** True when the arguments were a JSON array. */
  json: boolean;
  /** The instruction that ONBUILD holds; its keyword and arguments are not in `args`. */
  trigger: DockerfileNode | undefined;
  heredocs: Heredoc[];
  lines: LineRange;
  /** Comment lines right above. */
  comments: string[];
}

export interface ParsedDockerfile {
  nodes: DockerfileNode[];
  escape: '\\' | '`';
  warnings: ParseWarning[];
}

/** BuildKit's parser warns of one thing: empty lines within an instruction. */
export interface ParseWarning {
  message: string;
  line: number;
}

/** Longer files are refused; BuildKit cannot carry larger ones in a message either. */
const maxLength = 4 << 20;
/** ONBUILD within ONBUILD is read, and refused later; this is deep enough to say so. */
const maxTriggerDepth = 16;

/** @throws DockerfileError */
export function parseDockerfile(text: string): ParsedDockerfile {
  if (text.length > maxLength) throw new DockerfileError(`dockerfile greater than max allowed size of ${maxLength}`);
  return new Parser(text).parse();
}

class Parser {
  private readonly reader: LineReader;
  private readonly directives = new DirectiveReader();
  private readonly nodes: DockerfileNode[] = [];
  private readonly warnings: ParseWarning[] = [];
  private escape: '\\' | '`' = '\\';
  private comments: string[] = [];

  constructor(text: string) {
    this.reader = new LineReader(text.replace(/^\uFEFF/, ''));
  }

  parse(): ParsedDockerfile {
    for (let line = this.reader.next(); line !== undefined; line = this.reader.next()) {
      if (isComment(line)) this.noteComment(line);
      const { text, continues } = this.clean(trimSpaceStart(trimLineEnd(line)), { first: true });
      if (text !== '' || continues) this.readInstruction(text, continues);
    }
    const here = { start: this.reader.count, end: this.reader.count };
    if (this.nodes.length === 0) throw new DockerfileError('file with no instructions', here);
    if (this.reader.tooLong) throw new DockerfileError(lineTooLong, here);
    return { nodes: this.nodes, escape: this.escape, warnings: this.warnings };
  }

  /** A comment without text parts those above from the next instruction. */
  private noteComment(line: string): void {
    const comment = trimSpace(line.slice(1));
    if (comment === '') this.comments = [];
    else this.comments.push(comment);
  }

  /** A line without comment and continuation character; directives take effect here. */
  private clean(line: string, { first }: { first: boolean }): { text: string; continues: boolean } {
    const above = this.reader.count - 1;
    const directive = locating({ start: above, end: above }, () => this.directives.read(line));
    if (directive && first) this.comments.pop();
    if (directive?.name === 'escape') {
      if (directive.value !== '`' && directive.value !== '\\') {
        const message = `invalid escape token '${directive.value}' does not match \` or \\`;
        throw new DockerfileError(message, { start: above, end: above });
      }
      this.escape = directive.value;
    }
    if (isComment(line)) return { text: '', continues: false };
    return this.withoutContinuation(line);
  }

  /** An escape character at the end continues the line, unless another one escapes it. */
  private withoutContinuation(line: string): { text: string; continues: boolean } {
    const trimmed = trimEndOf(line, ' \t');
    const continues = trimmed.endsWith(this.escape) && trimmed.at(-2) !== this.escape;
    return { text: continues ? trimmed.slice(0, -1) : line, continues };
  }

  private readInstruction(text: string, continues: boolean): void {
    const start = this.reader.count;
    const pieces = [text];
    let emptyLines = false;
    while (continues) {
      const line = this.reader.next();
      if (line === undefined) break;
      const trimmed = trimLineEnd(line);
      const cleaned = this.clean(trimmed, { first: false });
      if (isComment(line)) continue;
      if (trimSpaceStart(trimmed) === '') {
        emptyLines = true;
        continue;
      }
      pieces.push(cleaned.text);
      continues = cleaned.continues;
    }
    const line = pieces.join('');
    const end = this.reader.count;
    if (emptyLines) this.warnings.push({ message: `Empty continuation line found in: ${line}`, line: end });
    const lines = { start, end };
    const node = locating(lines, () => this.nodeOf(line, lines, this.comments));
    const ended = mayHaveHeredoc(node) && line.includes('<<') ? this.readHeredocs(node, line) : end;
    this.nodes.push({ ...node, lines: { start, end: ended } });
    this.comments = [];
  }

  /** Reads the here-documents that a line starts; says where the last one ends. */
  private readHeredocs(node: DockerfileNode, line: string): number {
    const start = node.lines.start;
    for (const heredoc of locating(node.lines, () => heredocsIn(line))) {
      const content: string[] = [];
      for (;;) {
        const next = this.reader.next();
        if (next === undefined) throw new DockerfileError('unterminated heredoc', { start, end: this.reader.count });
        const possible = trimLineEnd(next);
        if ((heredoc.chomp ? possible.replace(/^\t+/, '') : possible) === heredoc.name) break;
        content.push(next);
      }
      node.heredocs.push({ ...heredoc, content: content.join('') });
    }
    return this.reader.count;
  }

  private nodeOf(line: string, lines: LineRange, comments: string[], depth = 0): DockerfileNode {
    const { keyword, flags, rest } = splitLine(line, this.escape);
    const node: DockerfileNode = {
      keyword,
      original: line,
      flags,
      args: [],
      json: false,
      trigger: undefined,
      heredocs: [],
      lines,
      comments,
    };
    if (keyword.toLowerCase() === 'onbuild') {
      if (depth >= maxTriggerDepth) throw new DockerfileError("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
      return { ...node, trigger: rest === '' ? undefined : this.nodeOf(rest, lines, [], depth + 1) };
    }
    return { ...node, ...argumentsOf(keyword.toLowerCase(), rest, this.escape) };
  }
}

type Arguments = Pick<DockerfileNode, 'args'> & Partial<Pick<DockerfileNode, 'json'>>;

function argumentsOf(keyword: string, rest: string, escape: string): Arguments {
  switch (keyword) {
    case 'add':
    case 'copy':
    case 'volume':
      return jsonForm(rest) ?? { args: splitBlanks(rest) };
    case 'run':
    case 'cmd':
    case 'entrypoint':
    case 'shell':
      return commandForm(rest);
    case 'env':
    case 'label':
      return { args: parsePairs(rest, keyword.toUpperCase(), escape) };
    case 'arg':
      return { args: parseWords(rest, escape) };
    case 'from':
    case 'expose':
      return { args: splitBlanks(rest) };
    case 'maintainer':
    case 'stopsignal':
    case 'user':
    case 'workdir':
      return { args: rest === '' ? [] : [rest] };
    case 'healthcheck':
      return healthcheckForm(rest);
    default:
      // No instruction; which is said when it is looked up.
      return { args: [''] };
  }
}

function jsonForm(rest: string): Arguments | undefined {
  const list = parseJsonForm(rest);
  return list && { args: list, json: true };
}

function commandForm(rest: string): Arguments {
  if (rest === '') return { args: [] };
  return jsonForm(rest) ?? { args: [rest] };
}

/** A type, then the form of a command. */
function healthcheckForm(rest: string): Arguments {
  let end = 0;
  while (end < rest.length && !isSpace(rest[end]!)) end++;
  if (end === 0) return { args: [] };
  const command = commandForm(trimSpaceStart(rest.slice(end)));
  return { ...command, args: [rest.slice(0, end), ...command.args] };
}

function mayHaveHeredoc(node: DockerfileNode): boolean {
  const inner = node.trigger ?? node;
  return ['add', 'copy', 'run'].includes(inner.keyword.toLowerCase()) && !inner.json;
}

function isComment(line: string): boolean {
  return trimSpaceStart(line).startsWith('#');
}

function trimLineEnd(line: string): string {
  return trimEndOf(line, '\r\n');
}
