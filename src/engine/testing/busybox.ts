/** A small busybox image for tests: what the engine reads of it. Programs are the fake runtime's. */
import { packTar } from 'modern-tar';
import type { RunConfig } from '../oci/image-config.ts';
import type { BuiltImage, FakeRegistry } from './fake-registry.ts';

const passwd = [
  'root:x:0:0:root:/root:/bin/sh',
  'daemon:x:1:1:daemon:/usr/sbin:/bin/false',
  'www-data:x:33:33:www-data:/var/www:/bin/false',
  'nobody:x:65534:65534:nobody:/home:/bin/false',
];
const group = ['root:x:0:', 'daemon:x:1:', 'wheel:x:10:root', 'www-data:x:33:', 'nobody:x:65534:'];

const usual: RunConfig = { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], Cmd: ['sh'] };

export async function addBusybox(
  registry: FakeRegistry,
  names = ['docker.io/library/busybox:latest'],
  config: RunConfig = usual,
): Promise<BuiltImage> {
  const directory = (name: string): object => ({ header: { name, type: 'directory', mode: 0o755, size: 0 } });
  const file = (name: string, body: string, mode = 0o644): object => ({ header: { name, mode, size: body.length }, body });
  const layer = await packTar([
    directory('bin/'),
    file('bin/busybox', 'x'.repeat(5000), 0o755),
    directory('etc/'),
    file('etc/group', group.join('\n') + '\n'),
    file('etc/passwd', passwd.join('\n') + '\n'),
  ] as Parameters<typeof packTar>[0]);
  return registry.add(names, [layer], {
    config,
    file: { comment: 'busybox 1.35 rootfs', docker_version: '28.2.2', os: 'linux' } as object,
  });
}
