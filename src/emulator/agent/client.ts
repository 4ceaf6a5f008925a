/**
 * The host's side of the agent's protocol: batches of operations, processes, channels, and the `docker`
 * commands and connections that come from the guest. Knows nothing of containers.
 */
import { assert } from '#engine/assert.ts';
import type { ByteLink } from '../machine/byte-link.ts';
import { AgentError, AgentLost } from './agent-error.ts';
import { Channel, type ChannelOptions, type ChannelPort, type SavedChannel } from './channel.ts';
import { bindOp, dialOp, listenOp, type DialTarget } from './dial.ts';
import { AGENT_ID, encodeFrame, frameType, FrameReader, MAX_FRAME_BYTES, PROTOCOL_VERSION, type Frame } from './frames.ts';
import { decodeResult, encodeBatch, type Op, type OpResults, type Where } from './op.ts';
import { killSpawned } from './ops.ts';
import { OrphanExits } from './orphan-exits.ts';
import { PayloadReader, PayloadWriter } from './payload.ts';
import { ProcessTable, type SavedProcess } from './process-table.ts';
import { checkSpawn, spawnOp, streamsOf, type SpawnChannels, type SpawnedProcess, type SpawnOptions } from './spawn.ts';
import { decodeHello, Stub } from './stub.ts';

const MAX_OPS = 4096;

/** A connection that the guest made: to a daemon's socket (`listener` 0), or to one of ours. */
export interface GuestConnection {
  channel: Channel;
  node: number;
  listener: number;
  /** Of the process at the other end; 0 when unknown. */
  pid: number;
  uid: number;
  /** IPv4 address of the other end; empty when it came through a unix socket. */
  address: Uint8Array;
}

/** `stopping`: it was told to end and waits for `daemonStopped`. */
export type DaemonEvent = 'up' | 'stopping' | 'gone' | 'reload';

/** What exists in the guest, as the agent says it after a restore. */
export interface GuestState {
  nodes: { id: number; pid: number; name: string }[];
  daemons: { node: number; pid: number; stopping: boolean }[];
}

/** Kept with a saved machine; plain data for a structured clone. */
export interface SavedClient {
  version: number;
  nextId: number;
  partial: Uint8Array;
  channels: SavedChannel[];
  processes: SavedProcess[];
  listeners: number[];
}

/** A question that the agent has not answered yet. */
interface Pending<T> {
  resolve: (value: T) => void;
  reject: (error: Error) => void;
}

interface PendingBatch extends Pending<unknown[]> {
  ops: readonly Op[];
}

export class AgentClient {
  readonly #link: ByteLink;
  readonly #reader: FrameReader;
  readonly #channelPort: ChannelPort;
  #nextId: number;
  #lost: AgentLost | undefined;
  readonly #batches = new Map<number, PendingBatch>();
  readonly #channels = new Map<number, Channel>();
  readonly #dials = new Map<number, Pending<void>>();
  readonly #processes: ProcessTable;
  readonly #stubs = new Map<number, Stub>();
  readonly #listeners = new Set<number>();
  readonly #pings = new Map<number, Pending<void>>();
  readonly #orphans = new OrphanExits();
  /** The agent that we know has said hello, or was saved with us. */
  #greeted: boolean;
  #resyncs: Pending<GuestState>[] = [];
  #settleReady = (): void => {};

  #handleStub: (stub: Stub) => void = (stub) => void stub.exit(1);
  #handleConnection: (connection: GuestConnection) => void = ({ channel }) => channel.abort();
  #handleDaemon: (node: number, event: DaemonEvent, pid: number) => void = () => {};
  #handleNodeGone: (node: number) => void = () => {};
  #handleLost: (error: AgentLost) => void = () => {};

  /** Resolves when the agent has said that it is there. After a restore use `resync` instead. */
  readonly ready: Promise<void>;

  constructor(link: ByteLink, saved?: SavedClient) {
    this.#link = link;
    this.#nextId = saved?.nextId ?? 1;
    this.#greeted = saved !== undefined;
    this.ready = new Promise((resolve) => (this.#settleReady = resolve));
    this.#channelPort = {
      send: (type, id, payload) => this.#send(type, id, payload),
      room: () => link.drained(),
      forget: (channel) => void this.#channels.delete(channel.id),
    };
    this.#processes = new ProcessTable((node, process, signal) => this.run({ node }, killSpawned(process, signal)));
    this.#reader = new FrameReader((frame) => this.#handle(frame));
    if (saved) this.#restore(saved);
    link.onData((bytes) => this.#receive(bytes));
  }

  /** A client for a machine that was saved with `state`; call `resync` before anything else. */
  static restore(link: ByteLink, state: SavedClient): AgentClient {
    assert(state.version === PROTOCOL_VERSION, 'a saved client of this version');
    return new AgentClient(link, state);
  }

  // --- operations ---

  /**
   * Runs operations in order. Throws `AgentError` at the first that fails.
   *
   * @param options.background in a process of its own, so that a long one does not stall terminals;
   *   for files, trees and cgroups only, and with no order towards other batches
   */
  async batch<const T extends readonly Op[]>(where: Where, ops: T, options: { background?: boolean } = {}): Promise<OpResults<T>> {
    assert(ops.length <= MAX_OPS, `at most ${MAX_OPS} operations in a batch`);
    if (this.#lost) throw this.#lost;
    const writer = new PayloadWriter();
    encodeBatch(writer, where, ops, options.background ?? false);
    const id = this.#newId();
    const frame = writer.finish(frameType.batch, id);
    if (frame.length - 4 > MAX_FRAME_BYTES) throw new AgentError(-1, 7, 'batch', `${frame.length} bytes`);
    return new Promise((resolve, reject) => {
      this.#batches.set(id, { ops, resolve: resolve as (results: unknown[]) => void, reject });
      this.#link.write(frame);
    });
  }

  /** One operation. */
  async run<R>(where: Where, step: Op<R>): Promise<R> {
    const [value] = await this.batch(where, [step]);
    return value as R;
  }

  /** Starts a process in a node (0: in the guest itself). Throws `AgentError` when it, or an operation before it, fails. */
  async spawn({ node }: { node: number }, options: SpawnOptions): Promise<SpawnedProcess> {
    checkSpawn(options);
    const id = this.#newId();
    const channels = this.#spawnChannels(options);
    const process = this.#processes.add(id, node, channels);
    try {
      const results: unknown[] = await this.batch({ node }, [...(options.before ?? []), spawnOp(id, options, channels)]);
      const pids = results.at(-1) as { pid: number; nodePid: number };
      this.#processes.started(id, pids);
      return Object.assign(process, pids);
    } catch (error) {
      this.#processes.delete(id);
      for (const channel of Object.values(channels)) (channel as Channel).detach();
      throw error;
    }
  }

  /** A process that still ran when the state was saved. */
  process(id: number): SpawnedProcess | undefined {
    return this.#processes.get(id);
  }

  /** An open channel by the number that a saved state names; undefined when it has ended. */
  channel(id: number): Channel | undefined {
    return this.#channels.get(id);
  }

  /** A position in time: exits reported before it are of no interest to `orphanExit`. */
  orphanMark(): number {
    return this.#orphans.mark();
  }

  /**
   * The wait status of a process that a node's process 1 adopted (a detached container). Take the mark before
   * it is started: it may end before its id is known.
   */
  orphanExit(node: number, nodePid: number, mark = 0): Promise<number> {
    if (this.#lost) return Promise.reject(this.#lost);
    return this.#orphans.wait(node, nodePid, mark);
  }

  /**
   * Connects to an address in the guest. Throws `AgentError` when it cannot.
   *
   * @param place a node, or a stub: a socket's path is then looked up, and its use allowed, as for that process
   */
  async dial(
    place: number | { stub: number },
    target: DialTarget,
    options: { namespace?: string; windowBytes?: number } = {},
  ): Promise<Channel> {
    const channel = this.#newChannel({ input: true, output: true, windowBytes: options.windowBytes });
    const opened = new Promise<void>((resolve, reject) => this.#dials.set(channel.id, { resolve, reject }));
    opened.catch(() => {});
    try {
      await this.run(typeof place === 'number' ? { node: place } : place, dialOp(channel, options.namespace ?? '', target));
      await opened;
      return channel;
    } catch (error) {
      channel.detach();
      throw error;
    } finally {
      this.#dials.delete(channel.id);
    }
  }

  /** Listens on an address in the guest; connections come to `onConnection` with this listener's number. */
  async listen(node: number, target: DialTarget, options: { namespace?: string } = {}): Promise<{ id: number; close: () => void }> {
    const { id, op } = this.newListener(target, options);
    try {
      await this.run({ node }, op);
    } catch (error) {
      this.#listeners.delete(id);
      throw error;
    }
    return { id, close: () => this.closeListener(id) };
  }

  /** The same as an operation of a batch; `closeListener` when the batch failed before it, too. */
  newListener(target: DialTarget, options: { namespace?: string } = {}): { id: number; op: Op<void> } {
    const id = this.#newId();
    this.#listeners.add(id);
    return { id, op: listenOp(id, options.namespace ?? '', target) };
  }

  /** Listens no more; connections that came stay. */
  closeListener(id: number): void {
    if (this.#listeners.delete(id)) this.#send(frameType.unlisten, id);
  }

  /** A UDP socket at an IPv4 address: each chunk read or written is one datagram (`packDatagram`). */
  async bind(node: number, address: Uint8Array, port: number, options: { namespace?: string } = {}): Promise<Channel> {
    const { channel, op } = this.newBound(address, port, options);
    try {
      await this.run({ node }, op);
      return channel;
    } catch (error) {
      channel.detach();
      throw error;
    }
  }

  /** The same as an operation of a batch; the channel is to be aborted when the batch fails. */
  newBound(address: Uint8Array, port: number, options: { namespace?: string } = {}): { channel: Channel; op: Op<void> } {
    const channel = this.#newChannel({ input: true, output: true, whole: true });
    return { channel, op: bindOp(channel, options.namespace ?? '', address, port) };
  }

  // --- what comes from the guest ---

  /** A `docker` command was called. */
  onStub(handler: (stub: Stub) => void): void {
    this.#handleStub = handler;
  }

  /** Somebody connected to a daemon's socket to speak HTTP, or to one of our listeners. */
  onConnection(handler: (connection: GuestConnection) => void): void {
    this.#handleConnection = handler;
  }

  onDaemon(handler: (node: number, event: DaemonEvent, pid: number) => void): void {
    this.#handleDaemon = handler;
  }

  onNodeGone(handler: (node: number) => void): void {
    this.#handleNodeGone = handler;
  }

  /** The agent is gone or broke the protocol; everything pending was rejected. */
  onLost(handler: (error: AgentLost) => void): void {
    this.#handleLost = handler;
  }

  /** Every end (a wait status) that a node's process 1 reports. */
  onOrphanExit(handler: (node: number, nodePid: number, status: number) => void): void {
    this.#orphans.onExit = handler;
  }

  /** The engine has shut its containers down: the node's daemon, which waits for this, ends. */
  daemonStopped(node: number): void {
    this.#send(frameType.daemonStopped, node);
  }

  /** A line for the log that the node's daemon writes. */
  daemonLog(node: number, line: string): void {
    this.#tellDaemon(node, 'L', line);
  }

  /** The engine is up: who waits for the daemon's socket finds it. */
  daemonReady(node: number): void {
    this.#tellDaemon(node, 'U', '');
  }

  /** The engine cannot start: the node's daemon prints why, and ends. */
  daemonFailed(node: number, why: string): void {
    this.#tellDaemon(node, 'F', why);
  }

  #tellDaemon(node: number, kind: 'L' | 'U' | 'F', text: string): void {
    this.#send(frameType.daemonLog, node, new TextEncoder().encode(`${kind}${text}`).subarray(0, 1025));
  }

  // --- saving ---

  /** Resolves when the agent has handled everything sent before. */
  ping(): Promise<void> {
    if (this.#lost) return Promise.reject(this.#lost);
    const id = this.#newId();
    return new Promise((resolve, reject) => {
      this.#pings.set(id, { resolve, reject });
      this.#send(frameType.ping, id);
    });
  }

  /**
   * Tells the agent what this client knows; it drops the rest (a `docker` command that ran when the
   * machine was saved prints a line and ends) and says what there is. First call after a restore.
   */
  resync(): Promise<GuestState> {
    if (this.#lost) return Promise.reject(this.#lost);
    const writer = new PayloadWriter();
    const lists = [this.#channels.keys(), this.#processes.ids(), this.#stubs.keys(), this.#listeners.values()];
    for (const list of lists) {
      const ids = [...list];
      writer.u32(ids.length);
      for (const id of ids) writer.u32(id);
    }
    return new Promise((resolve, reject) => {
      // Whoever greets before the answer is not in the lists: the agent drops it, too.
      this.#resyncs.push({ resolve, reject });
      this.#link.write(writer.finish(frameType.resync, 0));
    });
  }

  /**
   * What has to be kept with the machine. Take it when no batch is pending and the link's queue is
   * empty. What the agent opened is left out: commands that run (stubs) and connections do not survive.
   */
  save(): SavedClient {
    return {
      version: PROTOCOL_VERSION,
      nextId: this.#nextId,
      partial: this.#reader.save(),
      channels: [...this.#channels.values()].filter(({ id }) => id < AGENT_ID).map((channel) => channel.save()),
      processes: this.#processes.save(),
      listeners: [...this.#listeners],
    };
  }

  /** Batches that the agent has not answered yet. */
  get pendingBatches(): number {
    return this.#batches.size;
  }

  /** For people and tests. */
  describe(): string {
    const counts = { batches: this.#batches.size, channels: this.#channels.size, processes: this.#processes.size, stubs: this.#stubs.size };
    const listed = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
    return this.#lost ? `agent lost: ${this.#lost.message}` : `agent: ${listed.join(', ')}`;
  }

  // --- sending ---

  #send(type: number, id: number, payload?: Uint8Array): void {
    if (!this.#lost) this.#link.write(encodeFrame(type, id, payload));
  }

  #newId(): number {
    const id = this.#nextId;
    this.#nextId = (this.#nextId + 1) & 0x7fff_ffff || 1;
    return id;
  }

  #newChannel(options: ChannelOptions, id = this.#newId()): Channel {
    const channel = new Channel(this.#channelPort, id, options);
    this.#channels.set(id, channel);
    return channel;
  }

  #spawnChannels({ stdio, windowBytes }: SpawnOptions): SpawnChannels {
    const { stdin, stdout, stderr, terminal } = streamsOf(stdio);
    const output = (): Channel => this.#newChannel({ input: true, output: false, windowBytes });
    return {
      ...(terminal ? { terminal: this.#newChannel({ input: true, output: true, windowBytes }) } : {}),
      ...(stdin === 'pipe' ? { stdin: this.#newChannel({ input: false, output: true }) } : {}),
      ...(stdout === 'pipe' ? { stdout: output() } : {}),
      ...(stderr === 'pipe' ? { stderr: output() } : {}),
    };
  }

  #restore(saved: SavedClient): void {
    for (const state of saved.channels) this.#channels.set(state.id, Channel.restore(this.#channelPort, state));
    for (const state of saved.processes) this.#processes.restore(state, (id) => this.#channels.get(id));
    for (const id of saved.listeners) this.#listeners.add(id);
    this.#reader.push(saved.partial);
  }

  // --- receiving ---

  #receive(bytes: Uint8Array): void {
    if (this.#lost) return;
    try {
      this.#reader.push(bytes);
    } catch (error) {
      this.#lose(`what the agent sent could not be handled: ${String(error)}`, error);
    }
  }

  #lose(message: string, cause?: unknown): void {
    if (this.#lost) return;
    const error = new AgentLost(message, { cause });
    this.#lost = error;
    for (const pending of [...this.#batches.values(), ...this.#dials.values(), ...this.#pings.values(), ...this.#resyncs])
      pending.reject(error);
    for (const channel of [...this.#channels.values()]) channel.fail(error);
    for (const stub of this.#stubs.values()) stub.handleGone();
    this.#orphans.fail(error);
    this.#batches.clear();
    this.#handleLost(error);
  }

  #handle({ type, id, payload }: Frame): void {
    const channel = this.#channels.get(id);
    const r = new PayloadReader(payload);
    switch (type) {
      case frameType.data:
        return channel?.handleData(payload);
      case frameType.credit:
        return channel?.handleCredit(r.u32());
      case frameType.close:
        return channel?.handleClose();
      case frameType.stop:
        return this.#handleStop(id, r.u32());
      case frameType.result:
        return this.#handleResult(id, r);
      case frameType.exit:
        return this.#processes.exited(id, r.u32());
      case frameType.orphanExit:
        return this.#orphans.report(id, r.u32(), r.u32());
      case frameType.opened:
        return this.#dials.get(id)?.resolve();
      case frameType.stubHello:
        return this.#handleHello(id, r);
      case frameType.stubSignal:
        return this.#stubs.get(id)?.handleSignal(r.u8());
      case frameType.stubSize: {
        const stub = this.#stubs.get(id);
        if (stub) stub.size = { rows: r.u16(), columns: r.u16() };
        return;
      }
      case frameType.stubGone:
        this.#stubs.get(id)?.handleGone();
        return void this.#stubs.delete(id);
      case frameType.connectionOpen:
        return this.#handleOpen(id, r);
      case frameType.daemon: {
        const event = ([undefined, 'up', 'stopping', 'gone', 'reload'] as const)[r.u8()];
        if (event) this.#handleDaemon(id, event, r.u32());
        return;
      }
      case frameType.nodeGone:
        return this.#handleNodeGone(id);
      case frameType.synced:
        return this.#resyncs.shift()?.resolve(decodeState(r));
      case frameType.pong:
        this.#pings.get(id)?.resolve();
        return void this.#pings.delete(id);
      case frameType.hello:
        return this.#handleAgentHello(r.u32());
      case frameType.fatal:
        return this.#lose(`the agent gave up: ${new TextDecoder().decode(payload)}`);
      default:
        throw new Error(`frame of unknown type ${type}`);
    }
  }

  #handleAgentHello(version: number): void {
    if (version !== PROTOCOL_VERSION) return this.#lose(`the agent speaks version ${version}, not ${PROTOCOL_VERSION}`);
    if (this.#greeted) return this.#lose('the agent was started again');
    this.#greeted = true;
    this.#settleReady();
  }

  #handleStop(id: number, errno: number): void {
    this.#dials.get(id)?.reject(new AgentError(0, errno, 'dial'));
    this.#channels.get(id)?.handleStop(errno);
  }

  #handleResult(id: number, r: PayloadReader): void {
    const pending = this.#batches.get(id);
    if (!pending) return; // asked before a restore
    this.#batches.delete(id);
    const { kind, outcomes } = decodeResult(r);
    const results: unknown[] = [];
    for (const [index, { errno, bytes }] of outcomes.entries()) {
      const step = pending.ops[index];
      results.push(errno === 0 ? step?.decode(new PayloadReader(bytes)) : undefined);
      if (errno === 0 || kind === 0 || index < outcomes.length - 1) continue;
      const error = new AgentError(
        kind === 2 ? -1 : index,
        errno,
        kind === 2 ? 'batch' : (step?.name ?? ''),
        new TextDecoder().decode(bytes),
      );
      return pending.reject(error);
    }
    pending.resolve(results);
  }

  /** The stub chose the bytes: what does not parse ends it, not us. */
  #handleHello(id: number, r: PayloadReader): void {
    if (this.#resyncs.length > 0) return;
    let hello;
    try {
      hello = decodeHello(r);
    } catch {
      return this.#send(frameType.stubExit, id, Uint8Array.of(1));
    }
    const [input, output, error] = hello.streams;
    const stub = new Stub(this.#channelPort, id, hello, {
      stdin: this.#newChannel({ input: true, output: false, lazy: true, windowBytes: 65_536 }, input.channel),
      stdout: this.#newChannel({ input: false, output: true }, output.channel),
      stderr: this.#newChannel({ input: false, output: true }, error.channel),
    });
    this.#stubs.set(id, stub);
    this.#handleStub(stub);
  }

  #handleOpen(id: number, r: PayloadReader): void {
    if (this.#resyncs.length > 0) return;
    const channel = this.#newChannel({ input: true, output: true, lazy: true }, id);
    const [node, listener, pid, uid] = [r.u32(), r.u32(), r.u32(), r.u32()];
    this.#handleConnection({ channel, node, listener, pid, uid, address: r.bytes().slice() });
  }
}

function decodeState(r: PayloadReader): GuestState {
  r.u32(); // version
  const nodes = Array.from({ length: r.u32() }, () => ({ id: r.u32(), pid: r.u32(), name: r.text() }));
  const daemons = Array.from({ length: r.u32() }, () => ({ node: r.u32(), pid: r.u32(), stopping: r.u8() === 2 }));
  return { nodes, daemons };
}
