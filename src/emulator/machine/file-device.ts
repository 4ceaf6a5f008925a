/**
 * A virtio 9P device: hands each request of the guest to a file server and its reply back, at once, so
 * that no request is ever outstanding and the machine can be saved at any moment. The guest mounts it
 * by its tag. v86 has one such device; the machine needs two.
 */
import {
  configBytes,
  portsFrom,
  VIRTIO_F_RING_EVENT_IDX,
  VIRTIO_F_RING_INDIRECT_DESC,
  VIRTIO_F_VERSION_1,
  type Parts,
  type VirtIO,
} from './v86-parts.ts';

const F_MOUNT_TAG = 0;

export interface FileDeviceOptions {
  /** At most 14 characters. */
  tag: string;
  /** On the PCI bus; the order of slots is the order in which the guest finds the devices. */
  slot: number;
  ioBase: number;
  /** Answers one request; the reply is copied before the next call. */
  handle(request: Uint8Array): Uint8Array;
}

export class FileDevice {
  readonly virtio: VirtIO;

  constructor({ cpu, VirtIO }: Parts, options: FileDeviceOptions, onFailure: (error: unknown) => void) {
    const ports = portsFrom(options.ioBase);
    const tag = new TextEncoder().encode(options.tag);
    this.virtio = new VirtIO(cpu, {
      name: `drydock-9p-${options.tag}`,
      pci_id: options.slot << 3,
      device_id: 0x1049,
      subsystem_device_id: 9,
      common: {
        initial_port: ports.common,
        queues: [{ size_supported: 128, notify_offset: 0 }],
        features: [F_MOUNT_TAG, VIRTIO_F_VERSION_1, VIRTIO_F_RING_EVENT_IDX, VIRTIO_F_RING_INDIRECT_DESC],
        on_driver_ok: () => {},
      },
      notification: { initial_port: ports.notification, single_handler: false, handlers: [() => this.#answer(options, onFailure)] },
      isr_status: { initial_port: ports.isr },
      device_specific: {
        initial_port: ports.device,
        struct: [{ bytes: 2, name: 'tag length', read: () => tag.length, write: () => {} }, ...configBytes('tag', tag)],
      },
    });
  }

  get_state(): unknown[] {
    return [this.virtio];
  }

  set_state(state: unknown[]): void {
    this.virtio.set_state(state[0] as unknown[]);
  }

  #answer(options: FileDeviceOptions, onFailure: (error: unknown) => void): void {
    const [requests] = this.virtio.queues;
    if (!requests) return;
    while (requests.has_request()) {
      const chain = requests.pop_request();
      const request = new Uint8Array(chain.length_readable);
      chain.get_next_blob(request);
      try {
        chain.set_next_blob(options.handle(request));
      } catch (error) {
        onFailure(error);
      }
      requests.push_reply(chain);
      requests.flush_replies();
    }
    requests.notify_me_after(0);
  }
}
