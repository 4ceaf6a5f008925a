/**
 * Starts a machine the quickest way that is sound: a session when one is asked for, else the shipped state, else
 * a boot of the kernel. A state that is damaged or fits another version is never loaded; the progress says so.
 */
import { EngineError } from '#engine/errors.ts';
import { hex } from '#engine/id.ts';
import { AgentClient, type SavedClient } from './agent/client.ts';
import { firstNode, prepareNode } from './guest/prepare.ts';
import type { RuntimeState } from './guest/runtime.ts';
import { VirtualMachine } from './machine/machine.ts';
import type { StartProgress } from './machine-api.ts';
import type { Platform } from './platform.ts';
import { readAsset } from './ports/asset-files.ts';
import { systemCrypto } from './ports/crypto.ts';
import { RunningMachine } from './running-machine.ts';
import { SharedFiles } from './shared-files.ts';
import { loadSession, loadState, unusable } from './state/load.ts';
import { fitOf, type MachineImage, type MachineManifest } from './state/machine-image.ts';

export interface StartMachineOptions {
  platform: Platform;
  sessionId?: string;
  /** `make-state`: boot, and leave the engine for those who start from the state. */
  purpose?: 'use' | 'make-state';
  onProgress?(progress: StartProgress): void;
  /** A device handler or the agent failed: the machine is of no use any more. */
  onFailure(error: unknown): void;
  /** Told of a bug that was found while a request was answered; the machine goes on. */
  onBug?(error: unknown): void;
  onSerial?(text: string): void;
}

/** A boot takes some seconds; on a slow and busy computer a minute. */
const BOOT_LIMIT_MS = 120_000;

export async function startMachine(options: StartMachineOptions): Promise<RunningMachine> {
  const progress = reporter(options);
  const manifest = await readManifest(options.platform);
  const fit = fitOf(manifest);
  const { image, why } = await findImage(options, fit, progress);
  if (image) {
    try {
      progress({ phase: 'restoring', message: 'Waking the machine' });
      return await resumeMachine(options, image, fit);
    } catch (error) {
      if (options.sessionId !== undefined) throw error;
      progress({ phase: 'booting', message: unusable(error) });
      return bootMachine(options, fit, manifest, progress);
    }
  }
  progress({ phase: 'booting', message: why });
  return bootMachine(options, fit, manifest, progress);
}

// The two ways

async function resumeMachine(options: StartMachineOptions, image: MachineImage, fit: string): Promise<RunningMachine> {
  const files = new SharedFiles();
  files.restore(image);
  const pc = await createPc(options, files);
  await pc.restore(image.processor);
  const agent = AgentClient.restore(pc.link, image.agent as SavedClient);
  agent.onLost(options.onFailure);
  await pc.run();
  const { daemons } = await agent.resync();
  const machine = new RunningMachine({ platform: options.platform, pc, files, agent, fit, onBug: options.onBug ?? logBug });
  await machine.wake();
  for (const { id, name, runtime, engine } of image.nodes) {
    const daemonUp = daemons.some(({ node }) => node === id);
    machine.addNode({ id, name }, runtime as RuntimeState, daemonUp, engine);
  }
  machine.startEngines();
  return machine;
}

async function bootMachine(
  options: StartMachineOptions,
  fit: string,
  manifest: MachineManifest,
  progress: Report,
): Promise<RunningMachine> {
  const files = new SharedFiles();
  const boot = await readBootFiles(options, manifest, progress);
  progress({ phase: 'booting' });
  const pc = await createPc(options, files, boot);
  const agent = new AgentClient(pc.link);
  const lost = new Promise<never>((_resolve, reject) => agent.onLost(reject));
  await pc.run();
  const tooLong = new Promise<never>((_resolve, reject) => setTimeout(() => reject(new Error('the machine did not start')), BOOT_LIMIT_MS));
  tooLong.catch(() => {});
  await Promise.race([agent.ready, lost, tooLong]);
  agent.onLost(options.onFailure);
  const machine = new RunningMachine({ platform: options.platform, pc, files, agent, fit, onBug: options.onBug ?? logBug });
  await machine.wake();
  files.prepareNode(firstNode.name);
  const runtime = await prepareNode(agent, firstNode);
  machine.addNode(firstNode, runtime, true);
  if (options.purpose !== 'make-state') machine.startEngines();
  return machine;
}

function createPc(options: StartMachineOptions, files: SharedFiles, boot?: BootFiles): Promise<VirtualMachine> {
  return VirtualMachine.create({
    instantiate: (imports) => options.platform.instantiate(imports),
    ...(boot && { boot }),
    layers: files.answerLayers,
    share: files.answerShare,
    onFailure: options.onFailure,
    ...(options.onSerial && { onSerial: options.onSerial }),
  });
}

// Files

type Report = (change: Partial<StartProgress>) => void;
type BootFiles = { bios: Uint8Array<ArrayBuffer>; kernel: Uint8Array<ArrayBuffer>; initrd: Uint8Array<ArrayBuffer> };

async function findImage(options: StartMachineOptions, fit: string, progress: Report): Promise<{ image?: MachineImage; why: string }> {
  const { platform, purpose, sessionId } = options;
  if (purpose === 'make-state') return { why: 'Starting the machine' };
  if (sessionId !== undefined) return { image: await loadSession(platform, sessionId, fit), why: '' };
  return loadState(platform, fit, (loadedBytes, totalBytes) => progress({ phase: 'fetching', loadedBytes, totalBytes }));
}

async function readManifest(platform: Platform): Promise<MachineManifest> {
  const bytes = await readAsset(platform.files, 'machine/manifest.json');
  if (!bytes) throw new EngineError('not-found', 'The machine’s files are missing (machine/manifest.json).');
  return JSON.parse(new TextDecoder().decode(bytes)) as MachineManifest;
}

async function readBootFiles({ platform }: StartMachineOptions, { files }: MachineManifest, progress: Report): Promise<BootFiles> {
  const names = ['bios.bin', 'bzImage', 'root.cpio.gz'] as const;
  const totalBytes = names.reduce((sum, name) => sum + (files[name]?.sizeBytes ?? 0), 0);
  let before = 0;
  const read = async (name: string): Promise<Uint8Array<ArrayBuffer>> => {
    const bytes = await readAsset(platform.files, `machine/${name}`, (count) =>
      progress({ phase: 'fetching', loadedBytes: before + count, totalBytes }),
    );
    if (!bytes) throw new EngineError('not-found', `The machine’s files are missing (machine/${name}).`);
    if (hex(await systemCrypto.sha256(bytes)) !== files[name]?.sha256)
      throw new EngineError('data-loss', `machine/${name} is damaged: its checksum is wrong.`);
    before += bytes.length;
    return bytes;
  };
  return { bios: await read('bios.bin'), kernel: await read('bzImage'), initrd: await read('root.cpio.gz') };
}

function logBug(error: unknown): void {
  console.error(error);
}

/** Fills in what a report leaves as it was. */
function reporter({ onProgress }: StartMachineOptions): Report {
  let last: StartProgress = { phase: 'fetching', loadedBytes: 0, totalBytes: 0, message: 'Fetching the machine' };
  return (change) => {
    last = { ...last, ...change };
    onProgress?.(last);
  };
}
