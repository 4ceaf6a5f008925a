/** An answer's body as text, for what must be shown as the daemon wrote it. */
import type { ApiClient, CallOptions } from '#engine/api/client.ts';

export async function responseText(api: ApiClient, path: string, options: CallOptions = {}): Promise<string> {
  const { chunks } = await api.stream(path, options);
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of chunks) text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}

/** The lines of an answer, as they come. */
export async function* responseLines(api: ApiClient, path: string, options: CallOptions = {}): AsyncGenerator<string> {
  const { chunks } = await api.stream(path, options);
  const decoder = new TextDecoder();
  let pending = '';
  for await (const chunk of chunks) {
    pending += decoder.decode(chunk, { stream: true });
    const lines = pending.split('\n');
    pending = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield line;
  }
  if (pending.trim() !== '') yield pending;
}
