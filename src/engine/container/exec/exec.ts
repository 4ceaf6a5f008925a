/** A process executed in a running container: what was asked for, and how it goes. */
import type { Process } from '../../runtime/runtime.ts';
import { Streams } from '../streams.ts';

export interface Exec {
  readonly id: string;
  readonly containerId: string;
  readonly entrypoint: string;
  readonly args: string[];
  readonly terminal: boolean;
  readonly env: string[];
  readonly user: string;
  readonly workingDir: string;
  readonly privileged: boolean;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** Bytes. */
  readonly detachKeys: number[];
  /** Height, width. */
  readonly consoleSize: [number, number] | undefined;
  readonly streams: Streams;
  running: boolean;
  /** Undefined until it ended or could not start. */
  exitCode: number | undefined;
  /** When it ended; it is forgotten a while after. */
  endedMs: number | undefined;
  process: Process | undefined;
  /** Calls of those who wait for the process. */
  readonly onStarted: ((process: Process) => void)[];
}

type Given = Omit<Exec, 'streams' | 'running' | 'exitCode' | 'endedMs' | 'process' | 'onStarted'>;

export function makeExec(given: Given): Exec {
  return { ...given, streams: new Streams(), running: false, exitCode: undefined, endedMs: undefined, process: undefined, onStarted: [] };
}
