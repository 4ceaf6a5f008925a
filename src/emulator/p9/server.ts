/**
 * A 9P2000.L file server: one request in, one reply out, at once; nothing is ever outstanding. Which
 * file does what is in files.ts, directories.ts, attributes.ts and xattrs.ts. A guest can send any
 * bytes: whatever is wrong with them, the answer is an error number.
 */
import { attributeRequests } from './attributes.ts';
import { directoryRequests } from './directories.ts';
import { errno, FsError } from './errno.ts';
import { FidTable, type SavedFid } from './fid-table.ts';
import type { FileTree } from './file-tree.ts';
import { fileRequests } from './files.ts';
import { MessageReader, MessageWriter } from './message.ts';
import { HEADER_BYTES, MAX_MESSAGE_BYTES, message, MIN_MESSAGE_BYTES, NO_TAG } from './protocol.ts';
import { sessionRequests } from './session.ts';
import { xattrRequests } from './xattrs.ts';

/** Answers one kind of request: reads its fields, does it, writes the reply's fields. Refuses by FsError. */
export type RequestHandler = (server: P9Server, request: MessageReader, reply: MessageWriter) => void;

const handlers = new Map<number, RequestHandler>(
  [sessionRequests, directoryRequests, fileRequests, attributeRequests, xattrRequests].flatMap((group) =>
    Object.entries(group).map(([name, handler]): [number, RequestHandler] => [message[name as keyof typeof message], handler]),
  ),
);

export interface SavedServer {
  messageBytes: number;
  fids: SavedFid[];
}

export class P9Server {
  readonly fids: FidTable;
  /** Largest message either side sends, as agreed by `version`. */
  messageBytes = MIN_MESSAGE_BYTES * 2;
  /** Requests answered, for measurements. */
  requestCount = 0;
  readonly #reply = new MessageWriter(MAX_MESSAGE_BYTES);

  constructor(readonly tree: FileTree) {
    this.fids = new FidTable(tree);
  }

  /** The reply is valid until the next request. */
  handle(request: Uint8Array): Uint8Array {
    this.requestCount++;
    if (request.length < HEADER_BYTES) return this.#refuse(errno.EPROTO, NO_TAG);
    const view = new DataView(request.buffer, request.byteOffset, HEADER_BYTES);
    const size = view.getUint32(0, true);
    const type = view.getUint8(4);
    const tag = view.getUint16(5, true);
    if (size < HEADER_BYTES || size > request.length) return this.#refuse(errno.EPROTO, tag);
    const handler = handlers.get(type);
    if (!handler) return this.#refuse(errno.EOPNOTSUPP, tag);
    try {
      this.#reply.reset();
      handler(this, new MessageReader(request.subarray(0, size)), this.#reply);
      return this.#reply.finish(type + 1, tag);
    } catch (error) {
      if (error instanceof FsError) return this.#refuse(error.number, tag);
      throw error;
    }
  }

  save(): SavedServer {
    return { messageBytes: this.messageBytes, fids: this.fids.save() };
  }

  restore(saved: SavedServer): void {
    this.messageBytes = saved.messageBytes;
    this.fids.restore(saved.fids);
  }

  #refuse(number: number, tag: number): Uint8Array {
    this.#reply.reset();
    this.#reply.u32(number);
    return this.#reply.finish(message.lerror + 1, tag);
  }
}
