/**
 * The syntax of `--gpus`: a count or `all`, or fields such as `device=0` and `capabilities=utility`.
 * Source: docker/cli opts/gpus.go.
 */
import { parseInteger } from '../units/number.ts';
import { csvFields } from './csv.ts';
import { cut, toMap } from './key-value-file.ts';

export interface DeviceRequest {
  Driver: string;
  /** -1 is all. */
  Count: number;
  DeviceIDs: string[] | null;
  /** Any of these sets of all of these. */
  Capabilities: string[][] | null;
  Options: Record<string, string> | null;
}

/** @throws Error with Docker's words */
export function parseGpus(text: string): DeviceRequest {
  const request: DeviceRequest = { Driver: '', Count: 0, DeviceIDs: null, Capabilities: [['gpu']], Options: {} };
  const seen = new Set<string>();
  for (const field of csvFields(text)) {
    const [key, value] = cut(field);
    if (seen.has(key)) throw new Error(`gpu request key '${key}' can be specified only once`);
    seen.add(key);
    if (!field.includes('=')) {
      seen.add('count');
      request.Count = parseCount(key);
    } else {
      setField(request, field, key, value);
    }
  }
  if (!seen.has('count') && request.DeviceIDs === null) request.Count = 1;
  return request;
}

function setField(request: DeviceRequest, field: string, key: string, value: string): void {
  switch (key) {
    case 'driver':
      request.Driver = value;
      return;
    case 'count':
      request.Count = parseCount(value);
      return;
    case 'device':
      request.DeviceIDs = value.split(',');
      return;
    case 'capabilities':
      request.Capabilities = [[...value.split(','), 'gpu']];
      return;
    case 'options':
      request.Options = toMap(csvFields(value));
      return;
    default:
      throw new Error(`unexpected key '${key}' in '${field}'`);
  }
}

function parseCount(text: string): number {
  if (text === 'all') return -1;
  try {
    return Number(parseInteger(text, 10));
  } catch (error) {
    const reason = (error as Error).message.split(': ').at(-1) ?? '';
    throw new Error(`invalid count (${text}): value must be either "all" or an integer: ${reason}`, { cause: error });
  }
}
