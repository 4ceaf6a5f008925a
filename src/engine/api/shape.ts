/**
 * Checks that a JSON value has the shape a Go struct would take, with Go's error words, and gives its keys Docker's
 * spelling (Go accepts any case). A request is untrusted until it has been through here. Unknown keys are dropped.
 * Source: Go, encoding/json/decode.go.
 */
import { EngineError } from '../errors.ts';

export type Shape =
  | 'string'
  | 'bool'
  | 'int'
  | 'int64'
  | 'uint'
  | 'uint16'
  | 'float64'
  /** Anything, unchecked. */
  | 'any'
  /** A string or a list of strings (Go's StrSlice); comes out as a list. */
  | 'strslice'
  | { list: Shape }
  | { map: Shape }
  | { struct: Record<string, Shape> };

export const strings: Shape = { list: 'string' };
export const stringMap: Shape = { map: 'string' };

/**
 * The value in the given shape; null stays null.
 *
 * @param typeName Go's name of the outermost type, which its messages mention
 * @throws EngineError `invalid-parameter`: `json: cannot unmarshal number into Go struct field ContainerConfig.Image of type string`
 */
export function decode<T>(value: unknown, shape: Shape, typeName: string): T {
  return convert(value, shape, [typeName]) as T;
}

const integerLimits: Record<string, [number, number]> = {
  int: [-(2 ** 63), 2 ** 63],
  int64: [-(2 ** 63), 2 ** 63],
  uint: [0, 2 ** 64],
  uint16: [0, 0xffff],
};

function convert(value: unknown, shape: Shape, path: readonly string[]): unknown {
  if (value === null || shape === 'any') return value;
  if (typeof shape === 'object') return convertComposite(value, shape, path);
  switch (shape) {
    case 'string':
      if (typeof value === 'string') return value;
      break;
    case 'bool':
      if (typeof value === 'boolean') return value;
      break;
    case 'float64':
      if (typeof value === 'number') return value;
      break;
    case 'strslice':
      if (typeof value === 'string') return value === '' ? null : [value];
      return convert(value, strings, path);
    default: {
      const [min, max] = integerLimits[shape]!;
      if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
    }
  }
  throw mismatch(value, shape, path);
}

function convertComposite(value: unknown, shape: Exclude<Shape, string>, path: readonly string[]): unknown {
  if ('list' in shape) {
    if (!Array.isArray(value)) throw mismatch(value, shape, path);
    return value.map((element) => convert(element, shape.list, path) ?? zeroOf(shape.list));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw mismatch(value, shape, path);
  const entries = Object.entries(value);
  if ('map' in shape) return fromEntries(entries.map(([key, element]) => [key, convert(element, shape.map, path) ?? zeroInMap(shape.map)]));
  const names = Object.keys(shape.struct);
  const fields: [string, unknown][] = [];
  for (const [key, element] of entries) {
    const name = Object.hasOwn(shape.struct, key) ? key : names.find((other) => other.toLowerCase() === key.toLowerCase());
    if (name !== undefined) fields.push([name, convert(element, shape.struct[name]!, [...path, name])]);
  }
  return fromEntries(fields);
}

/** A null inside a list of strings is Go's empty string, in one of structs a struct of nothing. */
function zeroOf(shape: Shape): unknown {
  if (shape === 'string') return '';
  if (shape === 'bool') return false;
  if (typeof shape === 'object' && 'struct' in shape) return {};
  return typeof shape === 'string' && shape in integerLimits ? 0 : null;
}

/** Maps of structs are maps of pointers, which stay null. */
function zeroInMap(shape: Shape): unknown {
  return typeof shape === 'object' ? null : zeroOf(shape);
}

/** Unlike Object.fromEntries, a key `__proto__` stays an ordinary key there too; this names the intent. */
function fromEntries(entries: [string, unknown][]): Record<string, unknown> {
  return Object.fromEntries(entries);
}

function mismatch(value: unknown, shape: Shape, path: readonly string[]): EngineError {
  const where = path.length > 1 ? `struct field ${path[0]}.${path.slice(1).join('.')}` : 'value';
  return new EngineError(
    'invalid-parameter',
    `json: cannot unmarshal ${kindOf(value, shape)} into Go ${where} of type ${goType(shape, path)}`,
  );
}

function kindOf(value: unknown, shape: Shape): string {
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return typeof shape === 'string' && shape in integerLimits ? `number ${value}` : 'number';
  if (typeof value === 'string') return 'string';
  return Array.isArray(value) ? 'array' : 'object';
}

function goType(shape: Shape, path: readonly string[]): string {
  if (typeof shape === 'string') return shape === 'any' ? 'interface {}' : shape === 'strslice' ? '[]string' : shape;
  if ('list' in shape) return `[]${goType(shape.list, path)}`;
  if ('map' in shape) return `map[string]${goType(shape.map, path)}`;
  return path.at(-1) ?? 'struct';
}
