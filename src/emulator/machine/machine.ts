/**
 * The emulated PC: v86 with 256 MB of memory, one raw console port and two 9P devices, booted from a
 * kernel or restored from a saved state. This folder is the only place that knows v86; it runs alike in
 * a worker and under Node. What the guest's programs say is not its business.
 */
import { V86 } from 'v86';
import { assert } from '#engine/assert.ts';
import type { ByteLink } from './byte-link.ts';
import { ConsoleDevice } from './console-device.ts';
import { FileDevice } from './file-device.ts';
import { translateByPage } from './translation.ts';
import { partsOf, type Parts } from './v86-parts.ts';
import { giveWay } from './yield.ts';

export const MEMORY_BYTES = 256 * 1024 * 1024;
/** What goes into the hardware and the kernel's command line: a saved state fits only the same. */
export const hardware = {
  memoryBytes: MEMORY_BYTES,
  vgaMemoryBytes: 64 * 1024,
  commandLine: 'console=ttyS0 quiet tsc=reliable mitigations=off random.trust_cpu=on',
  devices: ['console 5 b600', 'layers 7 a200', 'share 8 9600'],
} as const;

export interface MachineOptions {
  /** Compiles v86's wasm and gives its exports. */
  instantiate(imports: WebAssembly.Imports): Promise<WebAssembly.Exports>;
  /** What to boot; absent when a state is going to be restored. */
  boot?: { bios: Uint8Array<ArrayBuffer>; kernel: Uint8Array<ArrayBuffer>; initrd: Uint8Array<ArrayBuffer> };
  /** Answer 9P requests of the guest's two mounts; the reply is copied before the next call. */
  layers(request: Uint8Array): Uint8Array;
  share(request: Uint8Array): Uint8Array;
  /** A device's handler threw: the machine can no longer be trusted. */
  onFailure(error: unknown): void;
  /** What the kernel prints on its serial line. */
  onSerial?(text: string): void;
}

/** Where our devices' state lies in v86's list, well beyond its own entries. */
const STATE_INDEX = 120;

export class VirtualMachine {
  readonly #emulator: V86;
  readonly #parts: Parts;
  readonly #console: ConsoleDevice;

  static async create(options: MachineOptions): Promise<VirtualMachine> {
    const { boot } = options;
    const emulator = new V86({
      wasm_fn: async (imports) => translateByPage(await options.instantiate(imports)),
      memory_size: hardware.memoryBytes,
      vga_memory_size: hardware.vgaMemoryBytes,
      ...(boot && {
        bios: { buffer: boot.bios.slice().buffer },
        bzimage: { buffer: boot.kernel.slice().buffer },
        initrd: { buffer: boot.initrd.slice().buffer },
      }),
      cmdline: hardware.commandLine,
      disable_keyboard: true,
      disable_mouse: true,
      disable_speaker: true,
      net_device: { type: 'none' as 'virtio' },
      // Only to have a virtio device at hand: `removeSampleDevice` takes it off the bus.
      filesystem: { handle9p: () => {} },
      autostart: false,
    });
    await new Promise<void>((resolve) => emulator.add_listener('emulator-loaded', () => resolve()));
    return new VirtualMachine(emulator, options);
  }

  private constructor(emulator: V86, options: MachineOptions) {
    this.#emulator = emulator;
    const parts = (this.#parts = partsOf(emulator));
    removeSampleDevice(parts);
    this.#console = new ConsoleDevice(parts, options.onFailure);
    const layers = new FileDevice(parts, { tag: 'layers', slot: 7, ioBase: 0xa200, handle: options.layers }, options.onFailure);
    const share = new FileDevice(parts, { tag: 'share', slot: 8, ioBase: 0x9600, handle: options.share }, options.onFailure);
    saveDevicesWithProcessor(parts, [this.#console, layers, share]);
    giveWay(parts.loop);
    const { onSerial } = options;
    if (onSerial) emulator.add_listener('serial0-output-byte', (byte: number) => onSerial(String.fromCharCode(byte)));
  }

  /** The agent's port. */
  get link(): ByteLink {
    return this.#console;
  }

  /** Emulated instructions since the start, modulo 2³². */
  get instructions(): number {
    return this.#parts.cpu.instruction_counter[0] ?? 0;
  }

  async run(): Promise<void> {
    await this.#emulator.run();
  }

  /** Memory, processor and devices as bytes. The queue towards the guest must be empty. */
  async save(): Promise<Uint8Array<ArrayBuffer>> {
    assert(this.#console.queuedBytes === 0, 'nothing is on its way to the guest while the machine is saved');
    return new Uint8Array(await this.#emulator.save_state());
  }

  /** Takes the bytes of `save`, as they are or compressed with zstd. Only before the first `run`. */
  async restore(state: Uint8Array<ArrayBuffer>): Promise<void> {
    const { cpu } = this.#parts;
    const zero = cpu.zero_memory;
    // Fresh memory is zero already; writing zeros to all of it would make the host provide all of it.
    cpu.zero_memory = () => {};
    const whole = state.byteOffset === 0 && state.byteLength === state.buffer.byteLength ? state.buffer : state.slice().buffer;
    await this.#emulator.restore_state(whole);
    cpu.zero_memory = zero;
  }

  /** Ends the machine; nothing of it can be used afterwards. */
  async stop(): Promise<void> {
    await this.#emulator.destroy();
  }
}

function removeSampleDevice({ cpu }: Parts): void {
  const slot = 0x06 << 3;
  cpu.devices.pci.devices[slot] = undefined;
  cpu.devices.pci.device_spaces[slot] = undefined;
}

interface Saved {
  get_state(): unknown[];
  set_state(state: unknown[]): void;
}

/** v86 saves the devices it knows; ours travel in the same list. */
function saveDevicesWithProcessor({ cpu }: Parts, devices: Saved[]): void {
  const [getState, setState] = [cpu.get_state.bind(cpu), cpu.set_state.bind(cpu)];
  cpu.get_state = () => {
    const state = getState();
    devices.forEach((device, index) => (state[STATE_INDEX + index] = device));
    return state;
  };
  cpu.set_state = (state) => {
    setState(state);
    devices.forEach((device, index) => device.set_state(state[STATE_INDEX + index] as unknown[]));
  };
}
