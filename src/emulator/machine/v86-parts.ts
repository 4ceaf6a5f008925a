/**
 * The few inner parts of v86 that Drydock builds on, with their types: v86's published types stop at the
 * emulator object. Written for the version in package.json; `partsOf` checks at start that all of them
 * are there, so that another version fails with a sentence and not somewhere inside.
 */
import { assert } from '#engine/assert.ts';

/** One virtqueue of a device. */
export interface VirtQueue {
  has_request(): boolean;
  pop_request(): BufferChain;
  /** Hands a buffer back; the guest sees it after `flush_replies`. */
  push_reply(chain: BufferChain): void;
  flush_replies(): void;
  /** Asks to be notified of the next request (only with F_RING_EVENT_IDX). */
  notify_me_after(skipped: number): void;
  is_configured(): unknown;
}

/** A buffer that the guest posted: bytes to read, room to write. */
export interface BufferChain {
  length_readable: number;
  length_writable: number;
  get_next_blob(target: Uint8Array): number;
  set_next_blob(source: Uint8Array): number;
}

/** The PCI device that carries virtqueues. */
export interface VirtIO {
  queues: VirtQueue[];
  get_state(): unknown[];
  set_state(state: unknown[]): void;
  reset(): void;
  raise_irq(kind: number): void;
}

export interface VirtIOOptions {
  name: string;
  /** Slot on the PCI bus, times 8. */
  pci_id: number;
  device_id: number;
  subsystem_device_id: number;
  common: {
    initial_port: number;
    queues: { size_supported: number; notify_offset: number }[];
    features: number[];
    on_driver_ok: () => void;
  };
  notification: { initial_port: number; single_handler: boolean; handlers: ((queue: number) => void)[] };
  isr_status: { initial_port: number };
  device_specific: { initial_port: number; struct: ConfigField[] };
}

export interface ConfigField {
  bytes: 1 | 2 | 4;
  name: string;
  read: () => number;
  write: (value: number) => void;
}

export interface Cpu {
  devices: { virtio_9p?: { virtio: VirtIO }; pci: { devices: unknown[]; device_spaces: unknown[] } };
  instruction_counter: Uint32Array;
  get_state(): unknown[];
  set_state(state: unknown[]): void;
  zero_memory(address: number, length: number): void;
}

/** The loop that gives the processor its turns. */
export interface Loop {
  cpu: Cpu;
  /** Calls `yield_callback(tick)` in `t` milliseconds. */
  yield(t: number, tick: number): void;
  yield_callback(tick: number): void;
  unregister_yield(): void;
}

export interface Parts {
  loop: Loop;
  cpu: Cpu;
  VirtIO: new (cpu: Cpu, options: VirtIOOptions) => VirtIO;
}

export const VIRTIO_F_RING_INDIRECT_DESC = 28;
export const VIRTIO_F_RING_EVENT_IDX = 29;
export const VIRTIO_F_VERSION_1 = 32;

/** Takes the parts out of an emulator that was made with `filesystem: { handle9p }`. */
export function partsOf(emulator: object): Parts {
  const { v86: loop } = emulator as { v86?: Loop };
  const sample = loop?.cpu.devices.virtio_9p?.virtio;
  assert(loop && sample, 'v86 has the parts that this version of Drydock was written for');
  assert(
    typeof loop.yield_callback === 'function' && typeof sample.queues[0]?.pop_request === 'function',
    'v86 has the known virtqueues and loop',
  );
  return { loop, cpu: loop.cpu, VirtIO: sample.constructor as Parts['VirtIO'] };
}

/** The I/O ports of a virtio device, four regions spaced as v86's own devices have them. */
export function portsFrom(base: number): { common: number; notification: number; isr: number; device: number } {
  return { common: base + 0x200, notification: base + 0x300, isr: base + 0x100, device: base };
}

/** Little-endian fields of a device's configuration space, one byte each. */
export function configBytes(name: string, bytes: Uint8Array): ConfigField[] {
  return [...bytes].map((value, index) => ({ bytes: 1, name: `${name} ${index}`, read: () => value, write: () => {} }));
}
