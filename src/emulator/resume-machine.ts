/** Wakes a machine at rest: its files, its processor, the agent's client, then its nodes. */
import { AgentClient, type SavedClient } from './agent/client.ts';
import type { RuntimeState } from './guest/runtime.ts';
import type { VirtualMachine } from './machine/machine.ts';
import { PackageMirror } from './mirror/mirror.ts';
import { systemClock } from './ports/clock.ts';
import { RunningMachine } from './running-machine.ts';
import type { SharedFiles } from './shared-files.ts';
import { logBug, type StartMachineOptions } from './start-options.ts';
import type { MachineImage } from './state/machine-image.ts';

export interface Resting {
  /** Made, and never run. */
  pc: VirtualMachine;
  files: SharedFiles;
  image: MachineImage;
  fit: string;
}

export async function resumeMachine(options: StartMachineOptions, { pc, files, image, fit }: Resting): Promise<RunningMachine> {
  const { platform, config, onBug = logBug, onFailure } = options;
  files.restore(image);
  await pc.restore(image.processor);
  const agent = AgentClient.restore(pc.link, image.agent as SavedClient);
  agent.onLost(onFailure);
  await pc.run();
  const mirror = PackageMirror.restore(agent, platform.files, image.mirror, () => systemClock.now());
  const machine = new RunningMachine({ platform, pc, files, agent, mirror, config, fit, onBug });
  const [{ daemons }] = await Promise.all([agent.resync(), machine.wake()]);
  for (const { id, name, runtime, engine } of image.nodes) {
    const daemonUp = daemons.some(({ node }) => node === id);
    machine.addNode({ id, name }, runtime as RuntimeState, daemonUp, engine);
  }
  machine.keepShells(image.shells);
  machine.startEngines();
  return machine;
}
