/**
 * Gives a registry one blob: in one request when it is small, else in pieces. An upload that broke goes on where the
 * registry says it stands; when it does not say, it begins again.
 * Source: OCI distribution-spec, "Pushing blobs".
 */
import { discard, refusalOf, RegistryError } from './registry-error.ts';
import type { RegistryResponse } from './registry-port.ts';
import type { RegistryClient } from './registry-client.ts';
import { resolveLocation } from './registry-session.ts';

/** Up to here one request carries the whole blob; beyond, a break would cost too much. */
const pieceBytes = 4 << 20;
const maxPieceBytes = 64 << 20;

export class BlobUpload {
  readonly #client: RegistryClient;
  readonly #bytes: Uint8Array;
  readonly #digest: string;
  #location: string | undefined;
  /** Bytes that the registry has. */
  #offset = 0;
  #pieceBytes = pieceBytes;
  /** What the registry has is not known since a request failed. */
  #isBroken = false;

  /** @param opened the answer that opened an upload already, when a mount was asked for and not given */
  constructor(client: RegistryClient, bytes: Uint8Array, digest: string, opened?: RegistryResponse) {
    this.#client = client;
    this.#bytes = bytes;
    this.#digest = digest;
    if (opened) this.#moveOn(opened);
  }

  /** Sends what is missing; may be called again after it failed. @param onSent told of bytes that the registry took */
  async run(onSent: (byteCount: number) => void): Promise<void> {
    if (this.#isBroken) await this.#findOut();
    this.#isBroken = true;
    const location = this.#location ?? (await this.#open());
    if (this.#offset === 0 && this.#bytes.length <= this.#pieceBytes) return this.#commit(location, this.#bytes, onSent);
    while (this.#offset < this.#bytes.length) onSent(await this.#sendPiece());
    await this.#commit(this.#location ?? location, undefined, onSent);
  }

  async #open(): Promise<string> {
    const answer = await this.#client.request({
      method: 'POST',
      to: this.#client.path('blobs/uploads/'),
      headers: { 'content-length': '0' },
    });
    if (answer.status !== 202) throw await refusalOf(answer);
    await discard(answer);
    this.#offset = 0;
    return this.#moveOn(answer);
  }

  /** @returns how many bytes more the registry has */
  async #sendPiece(): Promise<number> {
    const piece = this.#bytes.subarray(this.#offset, this.#offset + this.#pieceBytes);
    const last = this.#offset + piece.length - 1;
    const answer = await this.#client.request({
      method: 'PATCH',
      to: this.#location!,
      headers: { 'content-type': 'application/octet-stream', 'content-range': `${this.#offset}-${last}` },
      body: piece,
    });
    // Out of step: it says next time where it stands.
    if (answer.status === 416) {
      await discard(answer);
      throw new RegistryError('unknown', '', 'invalid content range', false);
    }
    if (answer.status < 200 || answer.status > 399) throw await refusalOf(answer);
    await discard(answer);
    this.#moveOn(answer);
    const before = this.#offset;
    const end = rangeEnd(answer) ?? last;
    if (end < before || end > last) throw new RegistryError('unknown', '', `bad range format: ${answer.headers['range'] ?? ''}`, false);
    this.#offset = end + 1;
    return this.#offset - before;
  }

  async #commit(location: string, body: Uint8Array | undefined, onSent: (byteCount: number) => void): Promise<void> {
    const answer = await this.#client.request({
      method: 'PUT',
      to: `${location}${location.includes('?') ? '&' : '?'}digest=${encodeURIComponent(this.#digest)}`,
      headers: body ? { 'content-type': 'application/octet-stream' } : { 'content-length': '0' },
      ...(body && { body }),
    });
    if (answer.status < 200 || answer.status > 399) throw await refusalOf(answer);
    await discard(answer);
    if (body) onSent(body.length);
    this.#isBroken = false;
  }

  /** Asks where a broken upload stands. */
  async #findOut(): Promise<void> {
    const location = this.#location;
    this.#location = undefined;
    this.#offset = 0;
    if (location === undefined) return;
    const answer = await this.#client.request({ method: 'GET', to: location }).catch(() => undefined);
    if (!answer) return;
    await discard(answer);
    const end = answer.status === 204 || answer.status === 202 ? rangeEnd(answer) : undefined;
    // `0-0` is said of nothing as well as of one byte.
    if (end === undefined || end === 0 || end >= this.#bytes.length) return;
    this.#location = answer.headers['location'] === undefined ? location : resolveLocation(answer.headers['location'], answer.url);
    this.#offset = end + 1;
  }

  #moveOn({ headers, url }: RegistryResponse): string {
    const { location } = headers;
    if (location === undefined) {
      throw new RegistryError(
        'unknown',
        '',
        'the registry did not say where to send the layer (in a page, it has to expose the header Location by CORS)',
        true,
      );
    }
    const least = Number(headers['oci-chunk-min-length'] ?? 0);
    if (least > this.#pieceBytes && least <= maxPieceBytes) this.#pieceBytes = least;
    return (this.#location = resolveLocation(location, url));
  }
}

/** The last byte of `Range: 0-1023`. */
function rangeEnd({ headers }: RegistryResponse): number | undefined {
  const [, end] = /^(?:bytes=)?0-(\d{1,15})$/.exec(headers['range'] ?? '') ?? [];
  return end === undefined ? undefined : Number(end);
}
