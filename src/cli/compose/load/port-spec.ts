/** Ports in short form, as Compose reads them: `8080:80`, `127.0.0.1:5000-5010:5000-5010/udp`. */
import { ComposeError } from '../compose-error.ts';
import { compareStrings } from './model.ts';
import { parsePortSpec } from '../../options/published-port.ts';
import type { ServicePort } from '../project.ts';

/**
 * One for each port of the container, sorted by their text.
 *
 * @throws ComposeError
 */
export function parsePorts(spec: string): ServicePort[] {
  let ports;
  try {
    ports = parsePortSpec(spec);
  } catch (error) {
    throw new ComposeError((error as Error).message, 15);
  }
  return ports
    .sort((left, right) => compareStrings(left.port, right.port))
    .map(({ port, binding }) => {
      const [target, protocol = 'tcp'] = port.split('/');
      const { HostIp: host, HostPort: published } = binding;
      return {
        mode: 'ingress',
        ...(host && { host_ip: host }),
        target: Number(target),
        ...(published && { published }),
        protocol,
      };
    });
}
