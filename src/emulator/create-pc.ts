/** The emulated PC with the files that its guest mounts. */
import { VirtualMachine } from './machine/machine.ts';
import type { SharedFiles } from './shared-files.ts';
import type { StartMachineOptions } from './start-options.ts';

export function createPc(options: StartMachineOptions, files: SharedFiles, boot?: BootFiles): Promise<VirtualMachine> {
  return VirtualMachine.create({
    instantiate: (imports) => options.platform.instantiate(imports),
    ...(boot && { boot }),
    layers: files.answerLayers,
    share: files.answerShare,
    onFailure: options.onFailure,
    ...(options.onSerial && { onSerial: options.onSerial }),
  });
}

export interface BootFiles {
  bios: Uint8Array<ArrayBuffer>;
  kernel: Uint8Array<ArrayBuffer>;
  initrd: Uint8Array<ArrayBuffer>;
}
