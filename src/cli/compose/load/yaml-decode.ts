/**
 * YAML nodes to a model: Compose's own tags are taken out and remembered, merge keys (`<<`) are resolved, aliases are
 * followed with a bound.
 */
import { ComposeError } from '../compose-error.ts';
import { fromBase64 } from '#engine/base64.ts';
import { quote } from '#engine/go-quote.ts';
import { formatNumber, isModel, newModel, sortedKeys, type Model, type ModelValue } from './model.ts';
import { matches, type ModelPath } from './model-path.ts';
import { resolveScalar } from './yaml-scalars.ts';
import { parseYaml, type YamlNode } from './yaml-nodes.ts';

/** A document, and where in it stood `!reset` and `!override`: what earlier files say there is dropped. */
export interface ComposeDocument {
  value: ModelValue;
  resets: ModelPath[];
}

/**
 * How many nodes one text may come to once its aliases are followed: a few kilobytes can name 10^9. go-yaml compares
 * with the text's own size from 400,000 on; Compose walks them all before that.
 */
const MAX_NODES = 400_000;

/** The documents of a compose file, one at a time: Compose takes each in before it reads the next. */
export function* decodeYaml(text: string): Iterable<ComposeDocument> {
  for (const node of parseYaml(text)) {
    // go-yaml does not ask its unmarshaler for null.
    if (node.tag === '!!null') {
      yield { value: null, resets: [] };
      continue;
    }
    const tags = new TagWalk();
    const resolved = tags.resolve(node, []);
    yield { value: resolved ? new Decoder().decode(resolved, '') : null, resets: tags.resets };
  }
}

/** Whether what is at a path was reset or overridden in a later file. */
export function isReset(path: ModelPath, resets: readonly ModelPath[]): boolean {
  return resets.some((reset) => matches(path, reset));
}

class TagWalk {
  readonly resets: ModelPath[] = [];
  readonly #visited = new Map<YamlNode, string[]>();
  #count = 0;

  /** The node without what is tagged `!reset`, aliases replaced; undefined when it is itself. */
  resolve(node: YamlNode, path: ModelPath): YamlNode | undefined {
    if (++this.#count > MAX_NODES) throw new ComposeError('yaml: document contains excessive aliasing', 15);
    const merge = path.indexOf('<<', 1);
    if (merge > 0) path = path.toSpliced(merge, 1);
    if (node.kind === 'alias' && node.alias) {
      this.#checkCycle(node.alias, path.join('.'));
      return this.resolve(node.alias, path);
    }
    if (node.tag === '!reset') {
      this.resets.push(path);
      return undefined;
    }
    if (node.tag === '!override') {
      this.resets.push(path);
      return node;
    }
    if (node.kind === 'sequence') return this.#sequence(node, path);
    if (node.kind === 'mapping') return this.#mapping(node, path);
    return node;
  }

  #sequence(node: YamlNode, path: ModelPath): YamlNode {
    const content = node.content.map((item, index) => this.resolve(item, [...path, String(index)]));
    return { ...node, content: content.filter((item) => item !== undefined) };
  }

  #mapping(node: YamlNode, path: ModelPath): YamlNode {
    const lines = new Map<string, number>();
    const content: YamlNode[] = [];
    for (let index = 0; index + 1 < node.content.length; index += 2) {
      const [key, value] = [node.content[index]!, node.content[index + 1]!];
      const line = lines.get(key.value);
      if (line !== undefined) {
        throw new ComposeError(`line ${key.line}: mapping key ${goSyntax(key.value)} already defined at line ${line}`, 15);
      }
      lines.set(key.value, key.line);
      const resolved = this.resolve(value, [...path, key.value]);
      if (resolved) content.push(key, resolved);
    }
    return { ...node, content };
  }

  #checkCycle(node: YamlNode, path: string): void {
    const paths = this.#visited.get(node) ?? [];
    for (const earlier of paths) {
      if (path === earlier || earlier.includes('<<') || path.includes('<<')) continue;
      const inside = path.startsWith(`${earlier}.`) || earlier.startsWith(`${path}.`);
      if (inside && !ofDifferentServices(path, earlier)) {
        throw new ComposeError(`cycle detected: node at path ${path} references node at path ${earlier}`, 15);
      }
    }
    this.#visited.set(node, [...paths, path]);
  }
}

function ofDifferentServices(left: string, right: string): boolean {
  const [a, b] = [left.split('.'), right.split('.')];
  const at = a.findIndex((part, index) => part === 'services' && b[index] === 'services' && index + 1 < a.length && index + 1 < b.length);
  return at >= 0 && a[at + 1] !== b[at + 1];
}

/** Where a key is, as Compose says it: `services.web.ports[0]`; nothing at the top. */
type Location = string;

class Decoder {
  #count = 0;

  decode(node: YamlNode, location: Location): ModelValue {
    if (++this.#count > MAX_NODES) throw new ComposeError('yaml: document contains excessive aliasing', 15);
    if (node.kind === 'alias') return node.alias ? this.decode(node.alias, location) : null;
    if (node.kind === 'sequence') return node.content.map((item, index) => this.decode(item, `${location}[${index}]`));
    if (node.kind === 'scalar') return scalarValue(node);
    const model = newModel();
    this.#into(model, node, location, new Set());
    return model;
  }

  /** Keys already taken stay: what is merged in comes second. */
  #into(model: Model, node: YamlNode, location: Location, taken: Set<string>): void {
    let merge: YamlNode | undefined;
    const own: string[] = [];
    for (let index = 0; index + 1 < node.content.length; index += 2) {
      const [key, value] = [node.content[index]!, node.content[index + 1]!];
      if (key.kind === 'scalar' && key.tag === '!!merge') {
        merge = value;
        continue;
      }
      const name = this.#key(key, location);
      if (taken.has(name)) continue;
      own.push(name);
      model[name] = this.decode(value, location === '' ? name : `${location}.${name}`);
    }
    for (const name of own) taken.add(name);
    if (merge) this.#merge(model, merge, location, taken);
  }

  #merge(model: Model, node: YamlNode, location: Location, taken: Set<string>): void {
    const sources = node.kind === 'sequence' ? node.content : [node];
    for (const source of sources) {
      const mapping = source.kind === 'alias' ? source.alias : source;
      if (mapping?.kind !== 'mapping') {
        throw new ComposeError('yaml: map merge requires map or sequence of maps as the value', 15);
      }
      if (++this.#count > MAX_NODES) throw new ComposeError('yaml: document contains excessive aliasing', 15);
      this.#into(model, mapping, location, taken);
    }
  }

  #key(node: YamlNode, location: Location): string {
    const key = this.decode(node, location);
    if (typeof key === 'string') return key;
    if (Array.isArray(key) || isModel(key)) throw new ComposeError(`yaml: invalid map key: ${goSyntax(key)}`, 15);
    const where = location === '' ? 'at top level' : `in ${location}`;
    throw new ComposeError(`non-string key ${where}: ${goSyntax(key)}`, 15);
  }
}

function scalarValue(node: YamlNode): ModelValue {
  if (node.tag !== '!!binary') return resolveScalar(node.tag, node.value).value;
  try {
    return new TextDecoder().decode(fromBase64(node.value));
  } catch {
    throw new ComposeError('yaml: !!binary value contains invalid base64 data', 15);
  }
}

/** Go's `%#v`. */
function goSyntax(value: ModelValue): string {
  if (value === null) return '<nil>';
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number') return formatNumber(value);
  if (Array.isArray(value)) return `[]interface {}{${value.map(inInterface).join(', ')}}`;
  if (!isModel(value)) return String(value);
  const entries = sortedKeys(value).map((key) => `${quote(key)}:${inInterface(value[key] ?? null)}`);
  return `map[string]interface {}{${entries.join(', ')}}`;
}

function inInterface(value: ModelValue): string {
  return value === null ? 'interface {}(nil)' : goSyntax(value);
}
