/**
 * Finds the machine at rest that a start begins from: the session that was asked for, or the shipped state.
 * What is damaged or fits another version is refused here, before anything of it is used.
 */
import { EngineError, messageOf } from '#engine/errors.ts';
import { hex } from '#engine/id.ts';
import type { Platform } from '../platform.ts';
import { readAsset } from '../ports/asset-files.ts';
import { systemCrypto } from '../ports/crypto.ts';
import { unpackImage, type MachineImage } from './machine-image.ts';

/** `state/current.json`: which file is the state, and how to know that it came whole. */
export interface CurrentState {
  file: string;
  sizeBytes: number;
  sha256: string;
}

type OnLoaded = (loadedBytes: number, totalBytes: number) => void;

/** The shipped state; without one, why there is none, as a sentence. */
export async function loadState(
  platform: Platform,
  fit: string | Promise<string>,
  onLoaded: OnLoaded,
): Promise<{ image?: MachineImage; why: string }> {
  try {
    const bytes = await readState(platform, onLoaded);
    if (!bytes) return { why: 'There is no saved machine: starting it from the beginning' };
    return { image: await unpackImage(bytes, await fit), why: '' };
  } catch (error) {
    return { why: unusable(error) };
  }
}

export function unusable(error: unknown): string {
  return `The saved machine cannot be used (${messageOf(error)}): starting it from the beginning`;
}

export async function loadSession(platform: Platform, sessionId: string, fit: string | Promise<string>): Promise<MachineImage> {
  const bytes = await platform.sessions.read(sessionId);
  if (!bytes) throw new EngineError('not-found', 'This session is no longer saved.');
  return unpackImage(bytes, await fit);
}

async function readState({ files }: Platform, onLoaded: OnLoaded): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const description = await readAsset(files, 'state/current.json');
  if (!description) return undefined;
  const current = readDescription(description);
  onLoaded(0, current.sizeBytes);
  const bytes = await readAsset(files, `state/${current.file}`, (loaded) => onLoaded(loaded, current.sizeBytes));
  if (!bytes) throw new EngineError('data-loss', 'its file is missing');
  if (bytes.length !== current.sizeBytes) throw new EngineError('data-loss', `${bytes.length} of ${current.sizeBytes} bytes arrived`);
  if (hex(await systemCrypto.sha256(bytes)) !== current.sha256) throw new EngineError('data-loss', 'its checksum is wrong');
  return bytes;
}

function readDescription(bytes: Uint8Array): CurrentState {
  try {
    const { file, sizeBytes, sha256 } = JSON.parse(new TextDecoder().decode(bytes)) as CurrentState;
    if (/^[\w-]+(\.[\w-]+)*$/.test(file) && Number.isInteger(sizeBytes) && typeof sha256 === 'string') return { file, sizeBytes, sha256 };
  } catch {
    // Not JSON: the same as below.
  }
  throw new EngineError('data-loss', 'its description is damaged');
}
