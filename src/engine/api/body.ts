/**
 * Reads request bodies: whole and bounded, as JSON with Docker's error words.
 * Source: moby api/server/httputils, ReadJSON.
 */
import { EngineError } from '../errors.ts';
import { jsonMistake } from './go-json.ts';
import type { ApiRequest } from './http.ts';
import { decode, type Shape } from './shape.ts';

/** Docker's own requests are a few kilobytes. */
const jsonLimitBytes = 4 << 20;

/** The whole body. @throws EngineError `invalid-parameter` past the limit */
export async function readBody(request: ApiRequest, limitBytes: number): Promise<Uint8Array> {
  // One growing buffer: a list of pieces, if they are a byte each, takes a hundred times their size.
  let whole = new Uint8Array(0);
  let length = 0;
  for await (const chunk of request.body) {
    if (length + chunk.length > limitBytes) throw new EngineError('invalid-parameter', 'http: request body too large');
    if (length + chunk.length > whole.length) {
      const larger = new Uint8Array(Math.min(limitBytes, Math.max(2 * whole.length, length + chunk.length)));
      larger.set(whole.subarray(0, length));
      whole = larger;
    }
    whole.set(chunk, length);
    length += chunk.length;
  }
  return whole.subarray(0, length);
}

/**
 * The body as JSON in the given shape; undefined when there is none, which Docker takes for a zero value.
 *
 * @param typeName Go's name for the type, for error messages
 */
export async function readJson<T>(request: ApiRequest, shape: Shape, typeName: string): Promise<T | undefined> {
  const bytes = await readBody(request, jsonLimitBytes);
  const declared = request.headers['content-length'];
  const none = bytes.length === 0 && (declared === undefined || declared === '0') && request.headers['transfer-encoding'] === undefined;
  const contentType = request.headers['content-type'] ?? '';
  if (contentType === '' && none) return undefined;
  checkContentType(contentType, 'application/json');
  if (none) return undefined;
  const value = parseJson(bytes);
  try {
    return decode<T>(value, shape, typeName);
  } catch (error) {
    if (error instanceof EngineError) throw invalidJson(error.message);
    throw error;
  }
}

function parseJson(bytes: Uint8Array): unknown {
  const text = new TextDecoder().decode(bytes);
  if (text.trim() === '') throw invalidJson('got EOF while reading request body');
  try {
    return JSON.parse(text);
  } catch {
    const mistake = jsonMistake(text);
    throw mistake === undefined ? new EngineError('invalid-parameter', 'unexpected content after JSON') : invalidJson(mistake);
  }
}

function checkContentType(contentType: string, expected: string): void {
  const mediaType = contentType.split(';', 1)[0]!.trim().toLowerCase();
  if (mediaType === '') throw new EngineError('invalid-parameter', `malformed Content-Type header (${contentType}): mime: no media type`);
  if (mediaType !== expected) {
    throw new EngineError('invalid-parameter', `unsupported Content-Type header (${contentType}): must be '${expected}'`);
  }
}

function invalidJson(detail: string): EngineError {
  return new EngineError('invalid-parameter', `invalid JSON: ${detail}`);
}
