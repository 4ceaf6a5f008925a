/** Whether a merged file is what the Compose specification allows, in the words that Compose picks for the worst of it. */
import schema from './compose-spec.json' with { type: 'json' };
import { ComposeError } from '../compose-error.ts';
import { validateSchema, type Schema, type SchemaError } from './json-schema.ts';
import { isModel, type ModelValue } from './model.ts';

/** @throws ComposeError about the error that is deepest in the file */
export function checkSchema(value: ModelValue, file: string): void {
  const unsupported = unsupportedNumber(value);
  if (unsupported !== undefined) throw new ComposeError(`validating ${file}: json: unsupported value: ${unsupported}`, 15);
  const errors = validateSchema(schema as Schema, value);
  if (errors.length === 0) return;
  let worst = 0;
  for (const [index, error] of errors.entries()) {
    const chosen = errors[worst]!;
    const deeper = depth(error) - depth(chosen);
    if (deeper > 0 || (deeper === 0 && error.kind === 'invalid-type' && chosen.kind !== 'invalid-type')) worst = index;
  }
  const error = errors[worst]!;
  // Of several forms it is the nearest one's error that says something.
  const told = error.kind === 'one-of' ? (errors[worst + 1] ?? error) : error;
  const isType = told === error && error.kind === 'invalid-type';
  throw new ComposeError(`validating ${file}: ${field(error)} ${isType ? typeSentence(error) : describe(told)}`, 15);
}

function field(error: SchemaError): string {
  return error.path.join('.') || '(root)';
}

function depth(error: SchemaError): number {
  return error.path.join('.').split('.').length;
}

function typeSentence({ expected = [] }: SchemaError): string {
  const names = expected.map((type) => ({ object: 'mapping', array: 'list' })[type] ?? type);
  if (names.length < 2) return `must be a ${names.join('')}`;
  return `must be a ${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

function describe(error: SchemaError): string {
  if (error.kind !== 'invalid-type') return error.description;
  const { expected = [] } = error;
  const types = expected.length === 1 ? expected[0]! : `[${expected.join(',')}]`;
  return `Invalid type. Expected: ${types}, given: ${error.given}`;
}

function unsupportedNumber(value: ModelValue): string | undefined {
  if (typeof value === 'number' && !Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  const entries = Array.isArray(value) ? value : isModel(value) ? Object.values(value) : [];
  for (const entry of entries) {
    const found = unsupportedNumber(entry);
    if (found !== undefined) return found;
  }
  return undefined;
}
