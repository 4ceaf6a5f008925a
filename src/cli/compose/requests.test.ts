/** Networks and volumes as docker compose 2.26.1 asked for them, and builds as its source has them. */
import { expect, test } from 'vitest';
import { readVectors } from '../../../test/vectors.ts';
import { buildArguments } from './build-service.ts';
import { networkRequest } from './ensure-networks.ts';
import { volumeRequest } from './ensure-volumes.ts';
import type { ComposeService, Project } from './project.ts';

interface Made {
  Name: string;
  Internal?: boolean;
  Labels: Record<string, string>;
}

const { networks, volumes } = readVectors<{ networks: Made[]; volumes: Made[] }>('compose/creates.json');

test.each(networks)('network $Name', (body) => {
  const { 'com.docker.compose.project': project = '', 'com.docker.compose.network': key = '' } = body.Labels;
  expect(networkRequest(project, key, { name: body.Name, ...(body.Internal && { internal: true }) })).toEqual(body);
});

test.each(volumes)('volume $Name', (body) => {
  const { 'com.docker.compose.project': project = '', 'com.docker.compose.volume': key = '' } = body.Labels;
  expect(volumeRequest(project, key, { name: body.Name })).toEqual(body);
});

test('addresses of a network', () => {
  const config = [{ subnet: '10.1.0.0/16', gateway: '10.1.0.1' }];
  expect(networkRequest('p', 'n', { name: 'p_n', ipam: { config } }).IPAM).toEqual({
    Driver: '',
    Options: null,
    Config: [{ Subnet: '10.1.0.0/16', Gateway: '10.1.0.1' }],
  });
});

test('a build section as flags', () => {
  const build = { context: '/lab/app', dockerfile: 'D', args: { V: '2', FROM_ENV: null }, target: 'prod', no_cache: true };
  const service: ComposeService = { name: 'app', build };
  expect(buildArguments({ name: 'demo' } as Project, service, { progressMode: 'plain' }).join(' ')).toBe(
    '--tag demo-app --file /lab/app/D --build-arg FROM_ENV --build-arg V=2 --label com.docker.compose.project=demo ' +
      '--label com.docker.compose.service=app --label com.docker.compose.version=2.26.1 --target prod --no-cache --progress plain /lab/app',
  );
});
