/**
 * The messages between page and worker. The worker checks every message's shape and bounds before it acts
 * on it; the page trusts the worker, which is the app's own code.
 */
import type { MachineStatus, SessionInfo, StartProgress } from './machine-api.ts';
import type { PipeMessage } from './pipes.ts';

/** A call: answered once by `result` or `failure` with the same id. */
export type Call =
  | { name: 'start'; baseUrl: string; sessionId?: string }
  | { name: 'stop' }
  | { name: 'ping' }
  | { name: 'status' }
  | { name: 'sessions' }
  | { name: 'saveSession'; label: string }
  /** The pipe carries keys in and output out. */
  | { name: 'openTerminal'; node: string; rows: number; columns: number; cwd?: string; pipe: number }
  | { name: 'resizeTerminal'; pipe: number; rows: number; columns: number }
  /** Answered with the exit code, when the shell ends. */
  | { name: 'awaitTerminal'; pipe: number }
  | { name: 'closeTerminal'; pipe: number }
  /** The pipe carries the body in and out; `pipe + 1` a hijacked connection. */
  | { name: 'api'; node: string; pipe: number; request: WireRequest }
  /** The pipe carries what is sent and what is received. */
  | { name: 'connect'; node: string; port: number; pipe: number }
  | { name: 'homeList'; node: string; path: string }
  | { name: 'homeRead'; node: string; path: string }
  | { name: 'homeRemove'; node: string; path: string }
  | { name: 'homeWrite'; node: string; path: string; bytes: Uint8Array }
  | { name: 'homeWatch'; node: string }
  | { name: 'homeUnwatch'; node: string };

export type CallName = Call['name'];

export interface WireRequest {
  method: string;
  path: string;
  query: [string, string[]][];
  headers: Record<string, string>;
}

export interface WireResponse {
  status: number;
  headers: Record<string, string>;
  body: { kind: 'bytes'; bytes: Uint8Array } | { kind: 'stream' | 'hijack' | 'empty' };
}

export type PageMessage = { kind: 'call'; id: number; call: Call } | PipeMessage;

export type WorkerMessage =
  | { kind: 'result'; id: number; value: unknown }
  | { kind: 'failure'; id: number; message: string; detail: string }
  | { kind: 'progress'; progress: StartProgress }
  | { kind: 'homeChanged'; node: string; path: string }
  | { kind: 'crash'; message: string; detail: string }
  | PipeMessage;

/** What each call is answered with. */
export interface Answers {
  start: void;
  stop: void;
  ping: void;
  status: MachineStatus;
  sessions: SessionInfo[];
  saveSession: SessionInfo;
  openTerminal: void;
  resizeTerminal: void;
  awaitTerminal: number;
  closeTerminal: void;
  api: WireResponse;
  /** False when nobody listens there. */
  connect: boolean;
  homeList: { name: string; type: 'file' | 'directory' | 'other'; sizeBytes: number }[];
  homeRead: Uint8Array;
  homeRemove: void;
  homeWrite: void;
  homeWatch: void;
  homeUnwatch: void;
}

// Checks

const MAX_TEXT = 4096;
const MAX_PATH = 64 * 1024;
const MAX_HEADERS = 200;
const MAX_FILE_BYTES = 64 * 1024 * 1024;
const MAX_CHUNK_BYTES = 1024 * 1024;

type Fields = Record<string, unknown>;

/** The message, or undefined when it is none of ours. */
export function readPageMessage(data: unknown): PageMessage | undefined {
  if (!isObject(data)) return undefined;
  if (data['kind'] !== 'call') return isPipeMessage(data) ? (data as unknown as PipeMessage) : undefined;
  const { call } = data;
  return isIndex(data['id']) && isObject(call) && isCall(call) ? (data as unknown as PageMessage) : undefined;
}

export function isPipeMessage(data: Record<string, unknown>): boolean {
  if (!isIndex(data['pipe'])) return false;
  switch (data['kind']) {
    case 'data':
      return isBytes(data['bytes'], MAX_CHUNK_BYTES);
    case 'ack':
      return isIndex(data['count']);
    case 'end':
      return data['error'] === undefined || isText(data['error'], MAX_TEXT);
    case 'cancel':
      return true;
    default:
      return false;
  }
}

const node = (call: Fields): boolean => isText(call['node'], 64);
const path = (call: Fields): boolean => isText(call['path'], MAX_TEXT);
const size = (call: Fields): boolean => isIndex(call['rows'], 10_000) && isIndex(call['columns'], 10_000);
const pipe = (call: Fields): boolean => isIndex(call['pipe']);
const nothing = (): boolean => true;
const optional = (value: unknown): boolean => value === undefined || isText(value, MAX_TEXT);

const checks: Record<CallName, (call: Fields) => boolean> = {
  start: (call) => isText(call['baseUrl'], MAX_TEXT) && optional(call['sessionId']),
  stop: nothing,
  ping: nothing,
  status: nothing,
  sessions: nothing,
  saveSession: (call) => isText(call['label'], 200),
  openTerminal: (call) => node(call) && size(call) && pipe(call) && optional(call['cwd']),
  resizeTerminal: (call) => pipe(call) && size(call),
  awaitTerminal: pipe,
  closeTerminal: pipe,
  api: (call) => node(call) && pipe(call) && isRequest(call['request']),
  connect: (call) => node(call) && pipe(call) && isIndex(call['port'], 65_535),
  homeList: (call) => node(call) && path(call),
  homeRead: (call) => node(call) && path(call),
  homeRemove: (call) => node(call) && path(call),
  homeWrite: (call) => node(call) && path(call) && isBytes(call['bytes'], MAX_FILE_BYTES),
  homeWatch: node,
  homeUnwatch: node,
};

function isCall(call: Fields): boolean {
  const name = call['name'];
  return typeof name === 'string' && Object.hasOwn(checks, name) && checks[name as CallName](call);
}

function isRequest(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { method, path: target, query, headers } = value;
  if (!isText(method, 16) || !isText(target, MAX_PATH) || !isObject(headers)) return false;
  const pairs = Object.entries(headers);
  if (pairs.length > MAX_HEADERS || !pairs.every(([name, text]) => isText(name, 200) && isText(text, MAX_PATH))) return false;
  return Array.isArray(query) && query.length <= MAX_HEADERS && query.every(isQueryEntry);
}

function isQueryEntry(entry: unknown): boolean {
  if (!Array.isArray(entry) || entry.length !== 2) return false;
  const [name, values] = entry as [unknown, unknown];
  return (
    isText(name, MAX_TEXT) && Array.isArray(values) && values.length <= MAX_HEADERS && values.every((value) => isText(value, MAX_PATH))
  );
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown, limit: number): value is string {
  return typeof value === 'string' && value.length <= limit;
}

function isIndex(value: unknown, limit = Number.MAX_SAFE_INTEGER): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= limit;
}

function isBytes(value: unknown, limit: number): value is Uint8Array {
  return value instanceof Uint8Array && value.length <= limit;
}
