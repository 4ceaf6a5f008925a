/**
 * The part of JSON Schema that the Compose specification is written in, with the errors of gojsonschema, which Compose
 * shows: of the forms that a value may have, the nearest is the one whose errors are told, by that library's count of
 * what fits. A general validator gives no such count.
 */
import { isModel, sortedKeys, Timestamp, formatNumber, type Model, type ModelValue } from './model.ts';

export interface Schema {
  $ref?: string;
  type?: string | string[];
  properties?: Record<string, Schema>;
  patternProperties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  required?: string[];
  items?: Schema;
  uniqueItems?: boolean;
  enum?: ModelValue[];
  oneOf?: Schema[];
  minimum?: number;
  maximum?: number;
  pattern?: string;
  definitions?: Record<string, Schema>;
}

export interface SchemaError {
  kind: 'invalid-type' | 'one-of' | 'other';
  /** Keys and indices from the top. */
  path: string[];
  /** Of a wrong type: the types that are allowed, and the one that is there. */
  expected?: string[];
  given?: string;
  /** Empty for a wrong type. */
  description: string;
}

interface Verdict {
  errors: SchemaError[];
  /** How much was right; only ever compared. */
  score: number;
}

/** Everything wrong with a value, in the order in which gojsonschema finds it; keys by name, which it takes at random. */
export function validateSchema(root: Schema, value: ModelValue): SchemaError[] {
  return new Validator(root).validate(root, value, []).errors;
}

class Validator {
  readonly #patterns = new Map<string, RegExp>();

  constructor(readonly root: Schema) {}

  validate(schema: Schema, value: ModelValue, path: string[]): Verdict {
    const verdict: Verdict = { errors: [], score: 0 };
    this.#into(verdict, schema, value, path);
    return verdict;
  }

  #into(verdict: Verdict, schema: Schema, value: ModelValue, path: string[]): void {
    if (schema.$ref !== undefined) {
      const target = this.root.definitions?.[schema.$ref.replace('#/definitions/', '')];
      if (target) this.#into(verdict, target, value, path);
      return;
    }
    const types = schema.type === undefined ? [] : [schema.type].flat();
    if (types.length > 0 && !typesOf(value).some((type) => types.includes(type))) {
      fail(verdict, { kind: 'invalid-type', path, expected: types, given: typesOf(value)[0], description: '' });
      return;
    }
    this.#oneOf(verdict, schema, value, path);
    verdict.score++;
    if (Array.isArray(value)) this.#array(verdict, schema, value, path);
    else if (isModel(value)) this.#object(verdict, schema, value, path);
    else this.#scalar(verdict, schema, value, path);
    verdict.score++;
  }

  #oneOf(verdict: Verdict, schema: Schema, value: ModelValue, path: string[]): void {
    if (!schema.oneOf) return;
    let valid = 0;
    let best: Verdict | undefined;
    for (const form of schema.oneOf) {
      const found = this.validate(form, value, path);
      if (found.errors.length === 0) valid++;
      else if (valid === 0 && (!best || found.score > best.score)) best = found;
    }
    if (valid === 1) return;
    fail(verdict, { kind: 'one-of', path, description: 'Must validate one and only one schema (oneOf)' });
    if (valid === 0 && best) merge(verdict, best);
  }

  #array(verdict: Verdict, schema: Schema, value: ModelValue[], path: string[]): void {
    if (schema.items) {
      for (const [index, item] of value.entries()) merge(verdict, this.validate(schema.items, item, [...path, String(index)]));
    }
    if (schema.uniqueItems) this.#unique(verdict, value, path);
    verdict.score++;
    this.#common(verdict, schema, value, path);
  }

  #unique(verdict: Verdict, value: ModelValue[], path: string[]): void {
    const seen = new Map<string, number>();
    for (const [index, item] of value.entries()) {
      const text = canonicalText(item);
      const earlier = seen.get(text);
      if (earlier !== undefined) fail(verdict, { kind: 'other', path, description: `array items[${earlier},${index}] must be unique` });
      seen.set(text, index);
    }
  }

  #object(verdict: Verdict, schema: Schema, value: Model, path: string[]): void {
    for (const name of schema.required ?? []) {
      if (name in value) verdict.score++;
      else fail(verdict, { kind: 'other', path, description: `${name} is required` });
    }
    const keys = sortedKeys(value);
    for (const key of keys) this.#property(verdict, schema, value, key, path);
    verdict.score++;
    this.#common(verdict, schema, value, path);
    for (const key of keys) {
      const property = ownProperty(schema.properties, key);
      if (property) this.#into(verdict, property, value[key] ?? null, [...path, key]);
    }
  }

  /** What patterns say about a key, and whether it may be there at all. */
  #property(verdict: Verdict, schema: Schema, value: Model, key: string, path: string[]): void {
    const entry = value[key] ?? null;
    let matched = false;
    for (const [pattern, form] of Object.entries(schema.patternProperties ?? {})) {
      if (!this.#pattern(pattern).test(key)) continue;
      matched = true;
      merge(verdict, this.validate(form, entry, [...path, key]));
    }
    if (matched) verdict.score++;
    if (matched || ownProperty(schema.properties, key)) return;
    if (schema.additionalProperties === false) {
      fail(verdict, { kind: 'other', path, description: `Additional property ${key} is not allowed` });
    } else if (typeof schema.additionalProperties === 'object') {
      merge(verdict, this.validate(schema.additionalProperties, entry, [...path, key]));
    }
  }

  #scalar(verdict: Verdict, schema: Schema, value: ModelValue, path: string[]): void {
    if (typeof value === 'number') {
      const { minimum, maximum } = schema;
      if (maximum !== undefined && value > maximum) {
        fail(verdict, { kind: 'other', path, description: `Must be less than or equal to ${maximum}` });
      }
      if (minimum !== undefined && value < minimum) {
        fail(verdict, { kind: 'other', path, description: `Must be greater than or equal to ${minimum}` });
      }
      verdict.score++;
    }
    this.#common(verdict, schema, value, path);
    if (typeof value === 'string' || value instanceof Timestamp) {
      if (schema.pattern !== undefined && !this.#pattern(schema.pattern).test(String(value))) {
        fail(verdict, { kind: 'other', path, description: `Does not match pattern '${schema.pattern}'` });
      }
      verdict.score++;
    }
  }

  #common(verdict: Verdict, schema: Schema, value: ModelValue, path: string[]): void {
    if (schema.enum) {
      const allowed = schema.enum.map(canonicalText);
      if (!allowed.includes(canonicalText(value))) {
        const field = path.join('.') || '(root)';
        fail(verdict, { kind: 'other', path, description: `${field} must be one of the following: ${allowed.join(', ')}` });
      }
    }
    verdict.score++;
  }

  /** In Go's expressions a dot is all but a line feed. */
  #pattern(source: string): RegExp {
    let pattern = this.#patterns.get(source);
    if (!pattern) this.#patterns.set(source, (pattern = new RegExp(source.replaceAll('.+', '[^\\n]+'))));
    return pattern;
  }
}

function fail(verdict: Verdict, error: SchemaError): void {
  verdict.errors.push(error);
  verdict.score -= 2;
}

function merge(verdict: Verdict, other: Verdict): void {
  verdict.errors.push(...other.errors);
  verdict.score += other.score;
}

function ownProperty(properties: Record<string, Schema> | undefined, key: string): Schema | undefined {
  return properties && Object.hasOwn(properties, key) ? properties[key] : undefined;
}

function typesOf(value: ModelValue): string[] {
  if (value === null) return ['null'];
  if (Array.isArray(value)) return ['array'];
  if (typeof value === 'number') return Number.isInteger(value) ? ['integer', 'number'] : ['number'];
  if (typeof value === 'boolean') return ['boolean'];
  return isModel(value) ? ['object'] : ['string'];
}

function canonicalText(value: ModelValue): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (isModel(value))
    return `{${sortedKeys(value)
      .map((key) => `${JSON.stringify(key)}:${canonicalText(value[key] ?? null)}`)
      .join(',')}}`;
  return typeof value === 'number' ? formatNumber(value) : JSON.stringify(value);
}
