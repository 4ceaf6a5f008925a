/**
 * YAML text to nodes as go-yaml has them before it decodes: tags resolved, aliases pointing at their anchors' nodes.
 * The `yaml` package reads; what go-yaml resolves otherwise (old octals, dates) and how it says what is wrong is here.
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments, type ParsedNode } from 'yaml';
import { ComposeError } from '../compose-error.ts';
import { resolveScalar, shortTag } from './yaml-scalars.ts';
import { checkYamlSyntax } from './yaml-syntax.ts';

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
 * The documents of a text; empty ones between two markers are there as null scalars, a text without any content has none.
 *
 * @throws ComposeError in go-yaml's words
 */
export function parseYaml(text: string): YamlNode[] {
  checkYamlSyntax(text);
  const lines = new LineCounter();
  let documents;
  try {
    documents = parseAllDocuments(text, { schema: 'failsafe', uniqueKeys: false, prettyErrors: false, lineCounter: lines, version: '1.2' });
  } catch (error) {
    // The package recurses: a text of many thousand brackets ends here.
    if (error instanceof RangeError) throw new ComposeError('yaml: exceeded max depth of 10000', 15);
    throw error;
  }
  const anchors = new Map<string, YamlNode>();
  const found: YamlNode[] = [];
  if (!Array.isArray(documents)) return found;
  for (const document of documents) {
    const [error] = document.errors;
    if (error) throw new ComposeError(`yaml: line ${lines.linePos(error.pos[0]).line}: ${error.message}`, 15);
    if (document.contents) found.push(convert(document.contents as ParsedNode, lines, anchors, 0));
    else found.push(nullNode(1));
  }
  return found;
}

function convert(node: ParsedNode | null, lines: LineCounter, anchors: Map<string, YamlNode>, depth: number): YamlNode {
  if (depth > MAX_DEPTH) throw new ComposeError('yaml: exceeded max depth of 10000', 15);
  if (!node) return nullNode(1);
  const line = lines.linePos(node.range[0]).line;
  if (isAlias(node)) {
    const alias = anchors.get(node.source);
    if (!alias) throw new ComposeError(`yaml: unknown anchor '${node.source}' referenced`, 15);
    return { kind: 'alias', tag: '', value: node.source, line, content: [], alias };
  }
  const converted: YamlNode = { kind: 'scalar', tag: '', value: '', line, content: [] };
  if (node.anchor) anchors.set(node.anchor, converted);
  const tag = node.tag && node.tag !== '!' ? shortTag(node.tag) : '';
  if (isScalar(node)) {
    // The package gives null for what is left out.
    converted.value = typeof node.value === 'string' ? node.value : (node.source ?? '');
    converted.tag = scalarTag(converted.value, tag, node.type === 'PLAIN' || node.type === undefined);
  } else if (isSeq(node)) {
    converted.kind = 'sequence';
    converted.tag = tag || '!!seq';
    for (const item of node.items) converted.content.push(convert(item as ParsedNode | null, lines, anchors, depth + 1));
  } else if (isMap(node)) {
    converted.kind = 'mapping';
    converted.tag = tag || '!!map';
    for (const { key, value } of node.items) {
      const keyNode = convert(key as ParsedNode | null, lines, anchors, depth + 1);
      converted.content.push(keyNode, value ? convert(value as ParsedNode, lines, anchors, depth + 1) : nullNode(keyNode.line));
    }
  }
  return converted;
}

function scalarTag(value: string, tag: string, plain: boolean): string {
  if (tag !== '') return tag;
  if (!plain) return '!!str';
  return value === '<<' ? '!!merge' : resolveScalar('', value).tag;
}

function nullNode(line: number): YamlNode {
  return { kind: 'scalar', tag: '!!null', value: '', line, content: [] };
}
