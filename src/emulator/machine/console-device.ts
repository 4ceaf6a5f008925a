/**
 * A virtio console with one raw port: in the guest the character device `/dev/vport0p0`, named
 * `drydock.agent` in /sys/class/virtio-ports. v86 has such a device, but it declares every port a
 * console (which makes a slow terminal of it) and drops input when the guest has posted no buffer.
 * This one waits for buffers.
 * Source: virtio specification 1.2, section 5.3.
 */
import type { ByteLink } from './byte-link.ts';
import { portsFrom, VIRTIO_F_VERSION_1, type Parts, type VirtIO } from './v86-parts.ts';

const event = { deviceReady: 0, deviceAdd: 1, portReady: 3, portOpen: 6, portName: 7 } as const;
const queue = { input: 0, output: 1, controlInput: 2, controlOutput: 3 } as const;
const F_MULTIPORT = 1;
const PORT = 0;
const PORT_NAME = 'drydock.agent';

/** Writers are asked to wait above this; what is queued is at most this and one write per writer. */
const HIGH_BYTES = 256 * 1024;

export class ConsoleDevice implements ByteLink {
  readonly virtio: VirtIO;
  #queued: Uint8Array[] = [];
  #queuedBytes = 0;
  #control: Uint8Array[] = [];
  /** The guest's program has the port open; before that the kernel would throw input away. */
  #open = false;
  #listener: ((bytes: Uint8Array) => void) | undefined;
  #waiting: (() => void)[] = [];

  constructor(
    { cpu, VirtIO }: Parts,
    /** Called when the listener throws: the emulator must not unwind through the guest. */
    private readonly onFailure: (error: unknown) => void,
  ) {
    const ports = portsFrom(0xb600);
    const number = (bytes: 2 | 4, name: string, value: number) => ({ bytes, name, read: () => value, write: () => {} });
    this.virtio = new VirtIO(cpu, {
      name: 'drydock-console',
      pci_id: 0x05 << 3,
      device_id: 0x1043,
      subsystem_device_id: 3,
      common: {
        initial_port: ports.common,
        queues: [64, 64, 16, 16].map((size_supported, notify_offset) => ({ size_supported, notify_offset })),
        features: [F_MULTIPORT, VIRTIO_F_VERSION_1],
        on_driver_ok: () => {},
      },
      notification: {
        initial_port: ports.notification,
        single_handler: false,
        handlers: [() => this.#send(), () => this.#receive(), () => this.#sendControl(), () => this.#receiveControl()],
      },
      isr_status: { initial_port: ports.isr },
      device_specific: {
        initial_port: ports.device,
        struct: [number(2, 'columns', 0), number(2, 'rows', 0), number(4, 'max_nr_ports', 1), number(4, 'emerg_wr', 0)],
      },
    });
  }

  // ByteLink

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  write(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#queued.push(bytes);
    this.#queuedBytes += bytes.length;
    this.#send();
  }

  onData(listener: (bytes: Uint8Array) => void): void {
    this.#listener = listener;
  }

  drained(): Promise<void> {
    if (this.#queuedBytes <= HIGH_BYTES) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  // Saved with the machine

  get_state(): unknown[] {
    return [this.virtio, this.#open ? 1 : 0];
  }

  set_state(state: unknown[]): void {
    this.virtio.set_state(state[0] as unknown[]);
    this.#open = state[1] === 1;
    this.#queued = [];
    this.#queuedBytes = 0;
    this.#control = [];
  }

  // Data

  /** Fills the buffers that the guest has posted, as far as there is something to send. */
  #send(): void {
    const buffers = this.virtio.queues[queue.input];
    if (!buffers || !this.#open) return;
    let sent = false;
    while (this.#queued.length > 0 && buffers.has_request()) {
      const chain = buffers.pop_request();
      for (let room = chain.length_writable; room > 0 && this.#queued[0];) {
        const [first] = this.#queued;
        const part = first.subarray(0, room);
        chain.set_next_blob(part);
        room -= part.length;
        this.#queuedBytes -= part.length;
        if (part.length === first.length) this.#queued.shift();
        else this.#queued[0] = first.subarray(part.length);
      }
      buffers.push_reply(chain);
      sent = true;
    }
    if (!sent) return;
    buffers.flush_replies();
    if (this.#queuedBytes <= HIGH_BYTES) for (const resume of this.#waiting.splice(0)) resume();
  }

  /** Takes what the guest wrote, while it is in its system call: it never has to wait to be told, so no interrupt is raised. */
  #receive(): void {
    const buffers = this.virtio.queues[queue.output];
    if (!buffers) return;
    while (buffers.has_request()) {
      const chain = buffers.pop_request();
      const bytes = new Uint8Array(chain.length_readable);
      chain.get_next_blob(bytes);
      buffers.push_reply(chain);
      withoutInterrupt(this.virtio, () => buffers.flush_replies());
      try {
        this.#listener?.(bytes);
      } catch (error) {
        this.onFailure(error);
      }
    }
  }

  // Control: the conversation about which ports there are

  #receiveControl(): void {
    const buffers = this.virtio.queues[queue.controlOutput];
    if (!buffers) return;
    while (buffers.has_request()) {
      const chain = buffers.pop_request();
      const bytes = new Uint8Array(8);
      chain.get_next_blob(bytes);
      buffers.push_reply(chain);
      buffers.flush_replies();
      const view = new DataView(bytes.buffer);
      this.#handleControl(view.getUint16(4, true), view.getUint16(6, true));
    }
  }

  #handleControl(kind: number, value: number): void {
    if (kind === event.deviceReady) this.#queueControl(event.deviceAdd, 1);
    if (kind === event.portReady) {
      this.#queueControl(event.portName, 1, PORT_NAME);
      this.#queueControl(event.portOpen, 1);
    }
    if (kind === event.portOpen) {
      this.#open = value === 1;
      this.#send();
    }
  }

  #queueControl(kind: number, value: number, text = ''): void {
    const bytes = new Uint8Array(8 + text.length);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, PORT, true);
    view.setUint16(4, kind, true);
    view.setUint16(6, value, true);
    new TextEncoder().encodeInto(text, bytes.subarray(8));
    this.#control.push(bytes);
    this.#sendControl();
  }

  #sendControl(): void {
    const buffers = this.virtio.queues[queue.controlInput];
    while (buffers?.has_request()) {
      const next = this.#control.shift();
      if (!next) return;
      const chain = buffers.pop_request();
      chain.set_next_blob(next);
      buffers.push_reply(chain);
      buffers.flush_replies();
    }
  }
}

function withoutInterrupt(virtio: VirtIO, action: () => void): void {
  const { raise_irq: raise } = virtio;
  virtio.raise_irq = () => {};
  action();
  virtio.raise_irq = raise;
}
