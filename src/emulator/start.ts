/**
 * Starts a machine the quickest way that is sound: a session when one is asked for, else the shipped state, else
 * a boot of the kernel. A state that is damaged or fits another version is never loaded; the progress says so.
 */
import { EngineError } from '#engine/errors.ts';
import { bootMachine } from './boot-machine.ts';
import { createPc } from './create-pc.ts';
import type { StartProgress } from './machine-api.ts';
import type { VirtualMachine } from './machine/machine.ts';
import type { Platform } from './platform.ts';
import { readAsset } from './ports/asset-files.ts';
import { resumeMachine } from './resume-machine.ts';
import type { RunningMachine } from './running-machine.ts';
import { SharedFiles } from './shared-files.ts';
import type { Report, StartMachineOptions } from './start-options.ts';
import { loadSession, loadState, unusable } from './state/load.ts';
import { fitOf, type MachineImage, type MachineManifest } from './state/machine-image.ts';

export async function startMachine(options: StartMachineOptions): Promise<RunningMachine> {
  const progress = reporter(options);
  const manifest = readManifest(options.platform);
  if (options.purpose === 'make-state') return bootMachine(options, await manifest, progress);
  // Made while the state is still on its way.
  const files = new SharedFiles();
  const waiting = createPc(options, files);
  waiting.catch(() => {});
  let why: string;
  try {
    const fit = manifest.then(fitOf);
    // Whoever uses it sees the failure.
    fit.catch(() => {});
    const found = await findImage(options, fit, progress);
    if (found.image) {
      progress({ phase: 'restoring', message: 'Waking the machine' });
      return await resumeMachine(options, { pc: await waiting, files, image: found.image, fit: await fit });
    }
    why = found.why;
  } catch (error) {
    discard(waiting);
    if (options.sessionId !== undefined) throw error;
    why = unusable(error);
  }
  discard(waiting);
  progress({ phase: 'booting', message: why });
  return bootMachine(options, await manifest, progress);
}

function discard(waiting: Promise<VirtualMachine>): void {
  waiting.then((pc) => pc.stop()).catch(() => {});
}

async function findImage(
  options: StartMachineOptions,
  fit: Promise<string>,
  progress: Report,
): Promise<{ image?: MachineImage; why: string }> {
  const { platform, sessionId } = options;
  if (sessionId !== undefined) return { image: await loadSession(platform, sessionId, fit), why: '' };
  return loadState(platform, fit, (loadedBytes, totalBytes) => progress({ phase: 'fetching', loadedBytes, totalBytes }));
}

async function readManifest({ files }: Platform): Promise<MachineManifest> {
  const bytes = await readAsset(files, 'machine/manifest.json');
  if (!bytes) throw new EngineError('not-found', 'The machine’s files are missing (machine/manifest.json).');
  return JSON.parse(new TextDecoder().decode(bytes)) as MachineManifest;
}

/** Fills in what a report leaves as it was. */
function reporter({ onProgress }: StartMachineOptions): Report {
  let last: StartProgress = { phase: 'fetching', loadedBytes: 0, totalBytes: 0, message: 'Fetching the machine' };
  return (change) => {
    last = { ...last, ...change };
    onProgress?.(last);
  };
}
