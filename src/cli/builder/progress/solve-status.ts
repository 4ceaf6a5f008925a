/**
 * What a build says of itself while it runs: steps (BuildKit calls them vertexes) that start and end, operations
 * within them, what they print, warnings. The documents are BuildKit's `client.SolveStatus`, as `--progress rawjson` prints them.
 */

export interface SolveStatus {
  vertexes?: VertexUpdate[];
  statuses?: OperationUpdate[];
  logs?: LogUpdate[];
  warnings?: WarningUpdate[];
}

/** A step as far as it is known; a later update of the same digest takes its place. */
export interface VertexUpdate {
  digest: string;
  inputs?: string[];
  name?: string;
  /** RFC 3339; a step that has not started has none. A step may start more than once. */
  started?: string;
  completed?: string;
  cached?: boolean;
  error?: string;
}

/** Something that a step does and that can be measured: `transferring context:`, `exporting layers`. */
export interface OperationUpdate {
  id: string;
  vertex?: string;
  name?: string;
  total?: number;
  current: number;
  timestamp?: string;
  started?: string;
  completed?: string;
}

export interface LogUpdate {
  vertex?: string;
  /** 1 standard output, 2 standard error. */
  stream?: number;
  /** base64 */
  data: string;
  timestamp: string;
}

export interface WarningUpdate {
  vertex?: string;
  level?: number;
  /** base64, as all texts of a warning */
  short?: string;
  detail?: string[];
  url?: string;
  sourceInfo?: { filename?: string; data?: string };
  range?: SourceRange[];
}

export interface SourceRange {
  start?: { line?: number; character?: number };
  end?: { line?: number; character?: number };
}

/** Milliseconds since the epoch, with what the text says beyond them; undefined for no or no valid time. */
export function timeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, seconds = '', fraction = '', zone = ''] = /^(.*?)(\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(text) ?? [];
  const ms = Date.parse(seconds + zone);
  return Number.isNaN(ms) ? undefined : ms + Number(`0${fraction}`) * 1000;
}
