/**
 * Another version of the engine, by the node's package managers: the course's steps in their order, and what comes of another
 * order. Expectations are what Docker, apt and yum do.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunningMachine } from '../src/emulator/running-machine.ts';
import { openMachine, shell } from './machine/node-machine.ts';

let machine: RunningMachine;

beforeAll(async () => {
  machine = await openMachine();
}, 900_000);
afterAll(() => machine?.stop());

/** What a command line prints on both streams, with its status when that is not 0. */
async function run(command: string): Promise<string> {
  const { stdout, stderr, status } = await shell(machine, command);
  return `${(stdout + stderr).trimEnd()}${status === 0 ? '' : `(${status})`}`;
}

/** Client and server, each with the newest API version that it speaks. */
const versions = (): Promise<string> =>
  run(`docker version --format '{{.Client.Version}} {{.Client.DefaultAPIVersion}}, {{.Server.Version}} {{.Server.APIVersion}}'`);

const debian = (version: string): string => `5:${version}-1~debian.12~bookworm`;
const both = (version: string): string => `docker-ce=${debian(version)} docker-ce-cli=${debian(version)}`;
const cannotConnect = /Cannot connect to the Docker daemon at unix:\/\/\/var\/run\/docker\.sock\. Is the docker daemon running\?\(1\)$/;

test('a node has both packages', async () => {
  expect(await versions()).toBe('28.2.2 1.50, 28.2.2 1.50');
  expect(await run("dpkg -l | awk '/^ii/ { print $2, $3 }'")).toBe(`docker-ce ${debian('28.2.2')}\ndocker-ce-cli ${debian('28.2.2')}`);
  expect(await run('rpm -q docker-ce')).toBe('docker-ce-28.2.2-1.el9.i386');
  expect(await run('dpkg -S /usr/sbin/dockerd')).toBe('docker-ce: /usr/sbin/dockerd');
});

test('the course’s slip: yum takes no = in a name', async () => {
  expect(await run('sudo yum install docker-ce=24.0.9 docker-ce-cli=24.0.9')).toMatch(
    /No match for argument: docker-ce=24\.0\.9\nNo match for argument: docker-ce-cli=24\.0\.9\nError: Unable to find a match: docker-ce=24\.0\.9 docker-ce-cli=24\.0\.9\(1\)$/,
  );
});

test('downgrade: stop, remove both, install lower ones, start', async () => {
  expect(await run('docker run -d --name web --restart unless-stopped --stop-signal KILL busybox sleep 10000 > /dev/null 2>&1')).toBe('');
  await run('sudo systemctl stop docker');
  expect(await run('sudo yum remove -y docker-ce docker-ce-cli')).toMatch(/\nRemoved:\n.*docker-ce-3:28\.2\.2[^]*\nComplete!$/);
  // In the wrong order: there is nothing to start.
  expect(await run('sudo systemctl start docker')).toBe('Failed to start docker.service: Unit docker.service not found.(5)');
  expect(await run('docker version')).toMatch(/docker: not found\(127\)$/);
  expect(await run('yum list docker-ce --showduplicates')).toMatch(/^docker-ce\.i386 +3:24\.0\.9-1\.el9 +docker-ce-stable$/m);
  expect(await run('sudo yum install -y docker-ce-24.0.9 docker-ce-cli-24.0.9')).toMatch(/\nInstalled:\n[^]*\nComplete!$/);
  // Installed, not started.
  expect(await run('docker ps')).toMatch(cannotConnect);
  expect(await run('sudo systemctl start docker')).toBe('');
  expect(await versions()).toBe('24.0.9 1.43, 24.0.9 1.43');
  expect(await run('dockerd --version')).toBe('Docker version 24.0.9, build drydock');
});

test('what is older then', async () => {
  expect(await run('docker inspect web | grep -c -e DNSNames -e GwPriority')).toBe('0(1)');
  expect(await run('docker rm web')).toMatch(
    /^Error response from daemon: You cannot remove a running container [0-9a-f]{64}\. Stop the container before attempting removal or force remove\(1\)$/,
  );
  expect(await run('docker images --tree')).toBe("unknown flag: --tree\nSee 'docker images --help'.(125)");
  expect(await run('DOCKER_API_VERSION=1.50 docker ps')).toBe(
    'Error response from daemon: client version 1.50 is too new. Maximum supported API version is 1.43(1)',
  );
});

test('half an upgrade: client and server are not the same', async () => {
  await run('sudo yum upgrade -y docker-ce-cli');
  expect(await versions()).toBe('28.2.2 1.50, 24.0.9 1.43');
  expect(await run('docker version')).toMatch(/^ API version: +1\.43 \(downgraded from 1\.50\)$/m);
  expect(await run('docker images --tree')).toBe('"--tree" requires API version 1.47, but the Docker daemon API version is 1.43(1)');
  // To start it again changes nothing.
  await run('sudo service docker restart');
  expect(await versions()).toBe('28.2.2 1.50, 24.0.9 1.43');
});

test('an upgrade starts the engine again, and containers are where they were', async () => {
  expect(await run('sudo yum install -y docker-ce-28.2.2 docker-ce-cli-28.2.2')).toMatch(
    /\nUpgraded:\n +docker-ce-3:28\.2\.2-1\.el9\.i386\n/,
  );
  expect(await versions()).toBe('28.2.2 1.50, 28.2.2 1.50');
  expect(await run("docker ps --format '{{.Names}}'")).toBe('web');
});

test('apt: a downgrade has to be allowed; what policy-rc.d holds back counts from the next start', async () => {
  await run('apt-get update');
  expect(await run(`apt-get install -y ${both('24.0.9')}`)).toMatch(
    /E: Packages were downgraded and -y was used without --allow-downgrades\.\(100\)$/,
  );
  await run("printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d; chmod +x /usr/sbin/policy-rc.d");
  expect(await run(`apt-get install -y --allow-downgrades ${both('24.0.9')}`)).toMatch(/policy-rc\.d denied execution of restart\.$/);
  expect(await versions()).toBe('24.0.9 1.43, 28.2.2 1.50');
  await run('rm /usr/sbin/policy-rc.d; service docker restart');
  expect(await versions()).toBe('24.0.9 1.43, 24.0.9 1.43');
  expect(await run('apt-cache policy docker-ce')).toContain(`  Installed: ${debian('24.0.9')}\n  Candidate: ${debian('28.2.2')}\n`);
});

test('what needs another is not left without it', async () => {
  expect(await run('dpkg -r docker-ce-cli')).toMatch(/docker-ce depends on docker-ce-cli\./);
  expect(await run('apt-get remove -y docker-ce-cli')).toMatch(/will be REMOVED:\n {2}docker-ce docker-ce-cli\n/);
  expect(await run('service docker start')).toBe('/usr/sbin/dockerd not present or not executable ... failed!(1)');
  expect(await run('cat /var/lib/dpkg/status; ls /usr/lib/docker 2>/dev/null')).toMatch(/^\(\d+\)$/);
});
