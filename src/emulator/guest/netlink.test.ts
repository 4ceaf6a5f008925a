import { describe, expect, test } from 'vitest';
import { defaultRoute, newAddress, newVeth, netlinkBatch, parseIp, parsePrefix } from './netlink.ts';
import { publishRules } from './firewall.ts';

/** Splits a batch into (type, flags, body), checking lengths as the kernel does. */
function messages(bytes: Uint8Array): { type: number; flags: number; body: Uint8Array }[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = [];
  let at = 0;
  while (at < bytes.length) {
    const length = view.getUint32(at, true);
    expect(length).toBeGreaterThanOrEqual(16);
    expect(at + length).toBeLessThanOrEqual(bytes.length);
    found.push({ type: view.getUint16(at + 4, true), flags: view.getUint16(at + 6, true), body: bytes.subarray(at + 16, at + length) });
    at += (length + 3) & ~3;
  }
  return found;
}

describe('netlink messages', () => {
  test('a descriptor fix-up points at an empty attribute value, wherever the message stands in a batch', () => {
    const veth = newVeth({
      name: 'veth1',
      index: 7,
      master: 3,
      peer: { name: 'eth0', index: 2, macAddress: '02:42:ac:11:00:02', namespace: '/run/netns/a' },
    });
    const batch = netlinkBatch(newAddress(3, '10.0.0.1/8'), veth, veth);
    expect(batch.descriptors.map((at) => at.path)).toEqual(['/run/netns/a', '/run/netns/a']);
    const view = new DataView(batch.bytes.buffer);
    for (const { offset } of batch.descriptors) {
      expect(view.getUint16(offset - 4, true)).toBe(8);
      expect(view.getUint16(offset - 2, true)).toBe(28);
      expect(view.getUint32(offset, true)).toBe(0);
    }
    expect(messages(batch.bytes).map((message) => message.type)).toEqual([20, 16, 16]);
  });

  test('an IPv4 address carries its broadcast address', () => {
    const [message] = messages(newAddress(2, '172.17.0.2/16').bytes);
    expect([...(message?.body.subarray(-4) ?? [])]).toEqual([172, 17, 255, 255]);
  });

  test('a default route names the gateway and the link', () => {
    const [message] = messages(defaultRoute(2, '172.17.0.1').bytes);
    expect(message?.body[1]).toBe(0);
    expect([...(message?.body.subarray(16, 20) ?? [])]).toEqual([172, 17, 0, 1]);
  });

  test('only the commands of an nf_tables transaction ask for an answer, not its boundaries', () => {
    const port = { protocol: 'tcp' as const, hostAddress: '0.0.0.0', hostPort: 8080, address: '172.17.0.2', port: 80 };
    const flags = messages(publishRules({ id: 'a'.repeat(64), bridge: 'docker0', ports: [port] }).bytes).map(
      (message) => (message.flags & 4) !== 0,
    );
    // A table, two chains with a rule each.
    expect(flags).toEqual([false, true, true, true, true, true, false]);
  });

  test('addresses of both families', () => {
    expect([...parseIp('fe80::1')]).toEqual([0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    expect([...parseIp('1:2:3:4:5:6:7:8')]).toEqual([0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]);
    expect(parsePrefix('10.1.2.3')).toEqual({ ip: Uint8Array.of(10, 1, 2, 3), prefix: 32 });
  });
});
