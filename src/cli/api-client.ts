/** Stand-in until `#engine/api/client.ts` is there: JSON requests against an ApiHandler. */
import type { ApiHandler, ApiResponse } from '#engine/api/http.ts';

export interface CallOptions {
  query?: Record<string, string | string[] | undefined>;
  body?: unknown;
  headers?: Record<string, string>;
}

export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export class ApiClient {
  constructor(
    readonly handler: ApiHandler,
    public version: string,
  ) {}

  async negotiate(): Promise<void> {
    const response = await this.handler({ method: 'HEAD', path: '/_ping', query: new Map(), headers: {}, body: none() });
    const theirs = response.headers['Api-Version'] ?? response.headers['api-version'];
    if (theirs && Number(theirs.split('.')[1]) < Number(this.version.split('.')[1])) this.version = theirs;
  }

  async json<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
    const response = await this.request(method, path, options);
    return JSON.parse(await textOf(response)) as T;
  }

  /** Throws ApiError for a status of 400 and above. */
  async request(method: string, path: string, options: CallOptions = {}): Promise<ApiResponse> {
    const query = new Map<string, string[]>();
    for (const [name, value] of Object.entries(options.query ?? {})) {
      if (value !== undefined) query.set(name, typeof value === 'string' ? [value] : value);
    }
    const body = options.body === undefined ? none() : once(new TextEncoder().encode(JSON.stringify(options.body)));
    const headers: Record<string, string> = options.body === undefined ? {} : { 'content-type': 'application/json' };
    const response = await this.handler({
      method,
      path: `/v${this.version}${path}`,
      query,
      headers: { ...headers, ...options.headers },
      body,
    });
    if (response.status < 400) return response;
    const text = await textOf(response);
    let message = text.trim();
    try {
      message = (JSON.parse(text) as { message: string }).message;
    } catch {
      // The body is the message.
    }
    throw new ApiError(response.status, message);
  }
}

async function textOf(response: ApiResponse): Promise<string> {
  const decoder = new TextDecoder();
  if (response.body.kind === 'bytes') return decoder.decode(response.body.bytes);
  let text = '';
  if (response.body.kind === 'stream') for await (const chunk of response.body.chunks) text += decoder.decode(chunk, { stream: true });
  return text;
}

async function* none(): AsyncGenerator<Uint8Array> {}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
