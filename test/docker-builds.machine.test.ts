/**
 * What Docker's own engine made of a Dockerfile, Drydock makes too: the official client builds on `drydock serve`, and output,
 * configuration, history and every file are compared with what `npm run oracle` wrote down.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveDocker, type DockerHost } from './machine/docker-client.ts';
import { observeBuild, readCases, type Observation } from './oracle/build-case.ts';
import { client } from './oracle/engine.ts';

const recordings = join(import.meta.dirname, 'docker');
const version = readdirSync(recordings).find((name) => existsSync(join(recordings, name, 'classic-builds')))!;
const exceptions = JSON.parse(readFileSync(join(recordings, version, 'classic-builds-exceptions.json'), 'utf8')) as Record<string, string>;
const cases = await readCases();

let host: DockerHost;
beforeAll(async () => {
  host = await serveDocker();
  await host.docker(['pull', '-q', 'busybox']);
}, 300_000);
afterAll(() => host?.stop());

function recorded(name: string): Observation {
  return JSON.parse(readFileSync(join(recordings, version, 'classic-builds', `${name}.json`), 'utf8')) as Observation;
}

/** Words that Docker has changed since, and paths of the other engine. */
function today(text: string): string {
  return text
    .replace(/\/tmp\/drydock-build-\w+/g, '<folder>')
    .replace(
      /^(?:Error response from daemon: )?dockerfile parse error (?:on )?line/gm,
      'Error response from daemon: dockerfile parse error on line',
    )
    .replace(/(HEALTHCHECK &\{\[.*\](?: "\w+"){3}) '/, '$1 "0s" \'')
    .replace(/(--chown=\S+?)(file|dir|multi):/, '$1 $2:')
    .replaceAll('Removing intermediate container', ' ---> Removed intermediate container')
    .replace(/\/\S*\/overlay2\//g, '/var/lib/docker/overlay2/');
}

describe(`builds as Docker ${version} did them`, () => {
  it.each(cases.map((one) => [one.name, one] as const))('%s', { timeout: 300_000 }, async (name, one) => {
    const expected = recorded(name);
    const observed = await observeBuild(client(host.environment), one);
    const plain = ({ builds, image }: Observation): Observation => ({
      builds: builds.map(({ status, stdout, stderr }) => ({ status, stdout: today(stdout), stderr: today(stderr) })),
      ...(image && { image: { config: image.config, history: image.history.map(([by, size]) => [today(by), size]), files: image.files } }),
    });
    if (exceptions[name] === undefined) expect(plain(observed)).toEqual(plain(expected));
    else expect(plain(observed)).not.toEqual(plain(expected));
  });
});
