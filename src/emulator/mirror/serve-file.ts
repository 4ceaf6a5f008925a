/** A file as an HTTP answer: whole, a part of it, or only that it has not changed. Source: RFC 9110 §13, §14. */
import type { ApiRequest, ApiResponse } from '#engine/api/http.ts';
import type { Catalog, MirrorFile } from './catalog.ts';

export async function fileAnswer(catalog: Catalog, file: MirrorFile, { method, headers }: ApiRequest): Promise<ApiResponse> {
  const modified = new Date(file.modifiedMs).toUTCString();
  const about = { 'Last-Modified': modified, 'Accept-Ranges': 'bytes', 'Content-Type': contentType(file.path) };
  const since = Date.parse(headers['if-modified-since'] ?? '');
  if (since >= file.modifiedMs) return { status: 304, headers: about, body: { kind: 'empty' } };
  // A part of what was another file would not fit to what the client has.
  const range =
    headers['if-range'] === undefined || headers['if-range'] === modified ? parseRange(headers['range'], file.sizeBytes) : 'all';
  if (range === 'none')
    return { status: 416, headers: { ...about, 'Content-Range': `bytes */${file.sizeBytes}` }, body: { kind: 'empty' } };
  const { from, to } = range === 'all' ? { from: 0, to: file.sizeBytes } : range;
  const answer = {
    status: range === 'all' ? 200 : 206,
    headers: {
      ...about,
      'Content-Length': String(to - from),
      ...(range !== 'all' && { 'Content-Range': `bytes ${from}-${to - 1}/${file.sizeBytes}` }),
    },
  };
  if (method === 'HEAD') return { ...answer, body: { kind: 'empty' } };
  return { ...answer, body: { kind: 'bytes', bytes: (await catalog.content(file)).subarray(from, to) } };
}

/** One range of bytes; several, and what is no range, count as none asked for. `none`: nothing of it exists. */
export function parseRange(header: string | undefined, sizeBytes: number): { from: number; to: number } | 'all' | 'none' {
  const matched = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '');
  if (!matched) return 'all';
  const [, first = '', last = ''] = matched;
  if (first === '' && last === '') return 'all';
  if (first === '') {
    const count = Math.min(Number(last), sizeBytes);
    return count > 0 ? { from: sizeBytes - count, to: sizeBytes } : 'none';
  }
  const from = Number(first);
  const to = last === '' ? sizeBytes : Math.min(Number(last) + 1, sizeBytes);
  if (last !== '' && Number(last) < from) return 'all';
  return from < sizeBytes ? { from, to } : 'none';
}

function contentType(path: string): string {
  if (path.endsWith('.json')) return 'application/json';
  if (path.endsWith('.deb')) return 'application/vnd.debian.binary-package';
  if (path.endsWith('.gz')) return 'application/gzip';
  return path.includes('/dists/') ? 'text/plain; charset=utf-8' : 'application/octet-stream';
}
