/**
 * YAML text to nodes as go-yaml has them before it decodes: tags resolved, aliases pointing at their anchors' nodes.
 * The `yaml` package reads; what go-yaml resolves otherwise (old octals, dates) and how it says what is wrong is here.
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments, type Document, type ParsedNode } from 'yaml';
import { ComposeError } from '../compose-error.ts';
import { resolveScalar, shortTag } from './yaml-scalars.ts';
import { findYamlDocuments } from './yaml-syntax.ts';

export interface YamlNode {
  kind: 'scalar' | 'mapping' | 'sequence' | 'alias';
  /** Short: `!!str`, `!reset`. */
  tag: string;
  /** Of a scalar, or the name of an alias. */
  value: string;
  /** From 1. */
  line: number;
  /** Of a mapping, keys and values in turn. */
  content: YamlNode[];
  alias?: YamlNode;
}

const MAX_DEPTH = 1000;

/**
 * The documents of a text, one at a time; one without content is a null scalar, a text without any has none.
 *
 * @throws ComposeError in go-yaml's words
 */
export function* parseYaml(text: string): Iterable<YamlNode> {
  const anchors = new Map<string, YamlNode>();
  for (const { start, end, line } of findYamlDocuments(text)) {
    const lines = new LineCounter();
    const [document] = parseDocuments(text.slice(start, end), lines);
    const [error] = document?.errors ?? [];
    if (error) throw new ComposeError(`yaml: line ${line + lines.linePos(error.pos[0]).line}: ${error.message}`, 15);
    yield document?.contents ? new Converter(lines, line, anchors).convert(document.contents as ParsedNode, 0) : nullNode(line + 1);
  }
}

function parseDocuments(text: string, lineCounter: LineCounter): Document.Parsed[] {
  try {
    const documents = parseAllDocuments(text, { schema: 'failsafe', uniqueKeys: false, prettyErrors: false, lineCounter, version: '1.2' });
    return Array.isArray(documents) ? documents : [];
  } catch (error) {
    // The package recurses.
    if (error instanceof RangeError) throw new ComposeError('yaml: exceeded max depth of 10000', 15);
    throw error;
  }
}

class Converter {
  constructor(
    readonly lines: LineCounter,
    /** Lines of the text before this document. */
    readonly before: number,
    readonly anchors: Map<string, YamlNode>,
  ) {}

  convert(node: ParsedNode | null, depth: number): YamlNode {
    if (depth > MAX_DEPTH) throw new ComposeError('yaml: exceeded max depth of 10000', 15);
    if (!node) return nullNode(this.before + 1);
    const line = this.before + this.lines.linePos(node.range[0]).line;
    if (isAlias(node)) {
      const alias = this.anchors.get(node.source);
      if (!alias) throw new ComposeError(`yaml: unknown anchor '${node.source}' referenced`, 15);
      return { kind: 'alias', tag: '', value: node.source, line, content: [], alias };
    }
    const converted: YamlNode = { kind: 'scalar', tag: '', value: '', line, content: [] };
    if (node.anchor) this.anchors.set(node.anchor, converted);
    const tag = node.tag && node.tag !== '!' ? shortTag(node.tag) : '';
    if (isScalar(node)) {
      // The package gives null for what is left out.
      converted.value = typeof node.value === 'string' ? node.value : (node.source ?? '');
      converted.tag = scalarTag(converted.value, tag, node.type === 'PLAIN' || node.type === undefined);
    } else if (isSeq(node)) {
      converted.kind = 'sequence';
      converted.tag = tag || '!!seq';
      for (const item of node.items) converted.content.push(this.convert(item as ParsedNode | null, depth + 1));
    } else if (isMap(node)) {
      converted.kind = 'mapping';
      converted.tag = tag || '!!map';
      for (const { key, value } of node.items) {
        const keyNode = this.convert(key as ParsedNode | null, depth + 1);
        converted.content.push(keyNode, value ? this.convert(value as ParsedNode, depth + 1) : nullNode(keyNode.line));
      }
    }
    return converted;
  }
}

function scalarTag(value: string, tag: string, plain: boolean): string {
  if (tag !== '') return tag;
  if (!plain) return '!!str';
  return value === '<<' ? '!!merge' : resolveScalar('', value).tag;
}

function nullNode(line: number): YamlNode {
  return { kind: 'scalar', tag: '!!null', value: '', line, content: [] };
}
