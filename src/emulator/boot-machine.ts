/** Boots a machine from its kernel and root, and makes its first node. */
import { EngineError } from '#engine/errors.ts';
import { hex } from '#engine/id.ts';
import { AgentClient } from './agent/client.ts';
import { createPc, type BootFiles } from './create-pc.ts';
import { prepareLan } from './guest/lan.ts';
import { firstNode, prepareNode } from './guest/prepare.ts';
import { PackageMirror } from './mirror/mirror.ts';
import { readAsset } from './ports/asset-files.ts';
import { systemClock } from './ports/clock.ts';
import { systemCrypto } from './ports/crypto.ts';
import { RunningMachine } from './running-machine.ts';
import { SharedFiles } from './shared-files.ts';
import { logBug, type Report, type StartMachineOptions } from './start-options.ts';
import { fitOf, type MachineManifest } from './state/machine-image.ts';

/** A boot takes some seconds; on a slow and busy computer a minute. */
const BOOT_LIMIT_MS = 120_000;

export async function bootMachine(options: StartMachineOptions, manifest: MachineManifest, progress: Report): Promise<RunningMachine> {
  const { platform, config, onBug = logBug, onFailure } = options;
  const files = new SharedFiles();
  const pc = await createPc(options, files, await readBootFiles(options, manifest, progress));
  progress({ phase: 'booting' });
  const agent = new AgentClient(pc.link);
  await pc.run();
  await withinLimit(agent);
  agent.onLost(onFailure);
  await prepareLan(agent);
  const mirror = await PackageMirror.open(agent, platform.files, () => systemClock.now());
  const machine = new RunningMachine({ platform, pc, files, agent, mirror, config, fit: fitOf(manifest), onBug });
  await machine.wake();
  files.prepareNode(firstNode.name);
  const runtime = await prepareNode(agent, files.transfers, firstNode);
  machine.addNode(firstNode, runtime, true);
  if (options.purpose !== 'make-state') machine.startEngines();
  return machine;
}

/** Resolves when the agent has said that it is there. */
async function withinLimit(agent: AgentClient): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const failed = new Promise<never>((_resolve, reject) => {
    agent.onLost(reject);
    timer = setTimeout(
      () => reject(new EngineError('deadline', `The machine did not start within ${BOOT_LIMIT_MS / 1000} seconds.`)),
      BOOT_LIMIT_MS,
    );
  });
  try {
    await Promise.race([agent.ready, failed]);
  } finally {
    clearTimeout(timer);
  }
}

async function readBootFiles({ platform }: StartMachineOptions, { files }: MachineManifest, progress: Report): Promise<BootFiles> {
  const names = ['bios.bin', 'bzImage', 'root.cpio.gz'] as const;
  const totalBytes = names.reduce((sum, name) => sum + (files[name]?.sizeBytes ?? 0), 0);
  const loaded: Record<string, number> = {};
  const read = async (name: string): Promise<Uint8Array<ArrayBuffer>> => {
    const bytes = await readAsset(platform.files, `machine/${name}`, (count) => {
      loaded[name] = count;
      progress({ phase: 'fetching', loadedBytes: Object.values(loaded).reduce((sum, each) => sum + each, 0), totalBytes });
    });
    if (!bytes) throw new EngineError('not-found', `The machine’s files are missing (machine/${name}).`);
    if (hex(await systemCrypto.sha256(bytes)) !== files[name]?.sha256) {
      throw new EngineError('data-loss', `machine/${name} is damaged: its checksum is wrong.`);
    }
    return bytes;
  };
  const [bios, kernel, initrd] = (await Promise.all(names.map(read))) as [
    Uint8Array<ArrayBuffer>,
    Uint8Array<ArrayBuffer>,
    Uint8Array<ArrayBuffer>,
  ];
  return { bios, kernel, initrd };
}
