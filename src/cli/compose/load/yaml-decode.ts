/**
 * YAML nodes to a model: Compose's own tags are taken out and remembered, merge keys (`<<`) are resolved, aliases are
 * followed with a bound.
 */
import { ComposeError } from '../compose-error.ts';
import { fromBase64 } from '#engine/base64.ts';
import { quote } from '#engine/go-quote.ts';
import { formatNumber, isModel, newModel, sortedKeys, type Model, type ModelValue } from './model.ts';
import type { ModelPath } from './model-path.ts';
import { resolveScalar } from './yaml-scalars.ts';
import { parseYaml, type YamlNode } from './yaml-nodes.ts';

/** A document, and where in it stood `!reset` and `!override`: what earlier files say there is dropped. */
export interface ComposeDocument {
  value: ModelValue;
  resets: ModelPath[];
}

/** How many nodes aliases may come to: a few kilobytes can name 10^9. go-yaml has a bound too, by the text's size. */
const MAX_ALIASED_NODES = 100_000;

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

/** The aliases that are being followed, so that none leads into itself. */
class OpenAliases {
  readonly #nodes = new Set<YamlNode>();

  get isInside(): boolean {
    return this.#nodes.size > 0;
  }

  enter<T>(alias: YamlNode, follow: () => T): T {
    const target = alias.alias!;
    if (this.#nodes.has(target)) throw new ComposeError(`yaml: anchor '${alias.value}' value contains itself`, 15);
    this.#nodes.add(target);
    const result = follow();
    this.#nodes.delete(target);
    return result;
  }
}

class TagWalk {
  readonly resets: ModelPath[] = [];
  /** Where each anchor's node was met, and what is around those places. */
  readonly #visited = new Map<YamlNode, { paths: Set<string>; around: Set<string> }>();
  readonly #open = new OpenAliases();
  #aliased = 0;

  /** The node without what is tagged `!reset`, aliases replaced; undefined when it is itself. */
  resolve(node: YamlNode, path: ModelPath, inAlias = false): YamlNode | undefined {
    if (inAlias && ++this.#aliased > MAX_ALIASED_NODES) throw new ComposeError('yaml: document contains excessive aliasing', 15);
    const merge = path.indexOf('<<', 1);
    if (merge > 0) path = path.toSpliced(merge, 1);
    if (node.kind === 'alias' && node.alias) {
      this.#checkCycle(node.alias, path);
      return this.#open.enter(node, () => this.resolve(node.alias!, path, true));
    }
    if (node.tag === '!reset') {
      this.resets.push(path);
      return undefined;
    }
    if (node.tag === '!override') {
      this.resets.push(path);
      return node;
    }
    if (node.kind === 'sequence') return this.#sequence(node, path, inAlias);
    if (node.kind === 'mapping') return this.#mapping(node, path, inAlias);
    return node;
  }

  #sequence(node: YamlNode, path: ModelPath, inAlias: boolean): YamlNode {
    const content = node.content.map((item, index) => this.resolve(item, [...path, String(index)], inAlias));
    return { ...node, content: content.filter((item) => item !== undefined) };
  }

  #mapping(node: YamlNode, path: ModelPath, inAlias: boolean): YamlNode {
    const lines = new Map<string, number>();
    const content: YamlNode[] = [];
    for (let index = 0; index + 1 < node.content.length; index += 2) {
      const [key, value] = [node.content[index]!, node.content[index + 1]!];
      const line = lines.get(key.value);
      if (line !== undefined) {
        throw new ComposeError(`line ${key.line}: mapping key ${goSyntax(key.value)} already defined at line ${line}`, 15);
      }
      lines.set(key.value, key.line);
      const resolved = this.resolve(value, [...path, key.value], inAlias);
      if (resolved) content.push(key, resolved);
    }
    return { ...node, content };
  }

  /** Whether an anchor's node is met again inside of where it was met before, or around it. */
  #checkCycle(node: YamlNode, path: ModelPath): void {
    const visits = this.#visited.get(node) ?? { paths: new Set<string>(), around: new Set<string>() };
    this.#visited.set(node, visits);
    const text = path.join('.');
    const around = path.slice(1).map((_, index) => path.slice(0, index + 1).join('.'));
    // An anchor may be used ten thousand times: only then are they gone through.
    if (visits.around.has(text) || around.some((outer) => visits.paths.has(outer))) this.#refuseCycle(text, visits.paths);
    visits.paths.add(text);
    for (const outer of around) visits.around.add(outer);
  }

  #refuseCycle(path: string, visited: Iterable<string>): void {
    if (path.includes('<<')) return;
    for (const earlier of visited) {
      if (earlier.includes('<<') || (!path.startsWith(`${earlier}.`) && !earlier.startsWith(`${path}.`))) continue;
      throw new ComposeError(`cycle detected: node at path ${path} references node at path ${earlier}`, 15);
    }
  }
}

/** Where a key is, as Compose says it: `services.web.ports[0]`; nothing at the top. */
type Location = string;

class Decoder {
  readonly #open = new OpenAliases();
  #aliased = 0;

  decode(node: YamlNode, location: Location): ModelValue {
    this.#count();
    if (node.kind === 'alias') return this.#open.enter(node, () => this.decode(node.alias!, location));
    if (node.kind === 'sequence') return node.content.map((item, index) => this.decode(item, `${location}[${index}]`));
    if (node.kind === 'scalar') return scalarValue(node);
    const model = newModel();
    this.#into(model, node, location, new Set());
    return model;
  }

  /** What aliases come to; they are left where a tag of Compose's stands in front. */
  #count(): void {
    if (this.#open.isInside && ++this.#aliased > MAX_ALIASED_NODES)
      throw new ComposeError('yaml: document contains excessive aliasing', 15);
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
      this.#count();
      if (source.kind === 'alias') this.#open.enter(source, () => this.#into(model, mapping, location, taken));
      else this.#into(model, mapping, location, taken);
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
