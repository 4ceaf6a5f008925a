/** What starting a machine is told, whichever way it starts. */
import type { DaemonConfig } from '#engine/daemon-config.ts';
import type { StartProgress } from './machine-api.ts';
import type { Platform } from './platform.ts';

export interface StartMachineOptions {
  platform: Platform;
  sessionId?: string;
  /** `make-state`: boot, and leave the engine for those who start from the state. */
  purpose?: 'use' | 'make-state';
  /** Of every node's engine. */
  config?: Partial<DaemonConfig>;
  onProgress?(progress: StartProgress): void;
  /** A device handler or the agent failed: the machine is of no use any more. */
  onFailure(error: unknown): void;
  /** Told of a bug that was found while a request was answered; the machine goes on. */
  onBug?(error: unknown): void;
  onSerial?(text: string): void;
}

/** Changes some of what was last reported. */
export type Report = (change: Partial<StartProgress>) => void;

/** For `onBug` when nobody listens. */
export function logBug(error: unknown): void {
  console.error(error);
}
