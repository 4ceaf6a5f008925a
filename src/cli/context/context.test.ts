/** Contexts as files and archives, and which daemon they lead to. What the commands print is in test/data/cli-recordings/context.json. */
import { describe, expect, test } from 'vitest';
import { concatBytes } from '#engine/bytes.ts';
import { readTar } from '#engine/oci/tar.ts';
import { endOfTar, tarPieces } from '#engine/oci/tar-writer.ts';
import { runDocker, type FakeOptions } from '../testing.ts';

/** Where `near` is kept. */
const NEAR = '46ba34770bccfde756708d47d83fb7c8257fe8a4b3a35f25d385a8284021f476';

function contextFile(host: string): NonNullable<FakeOptions['files']> {
  const document = {
    Name: 'near',
    Metadata: { Description: 'about near', team: 7 },
    Endpoints: { docker: { Host: host, SkipTLSVerify: false } },
  };
  return { [`/root/.docker/contexts/meta/${NEAR}/meta.json`]: JSON.stringify(document) };
}

const archive = (files: Record<string, string>): Uint8Array =>
  concatBytes([
    ...Object.entries(files).flatMap(([path, text]) =>
      tarPieces({ path, type: 'file', mode: 0o600, uid: 0, gid: 0, mtime: 0, content: new TextEncoder().encode(text) }),
    ),
    endOfTar,
  ]);

describe('an exported context', () => {
  test('comes back under another name, with its certificates', async () => {
    const made = await runDocker(['context', 'create', 'near', '--docker', 'host=unix:///run/x,ca=ca.pem'], {
      files: { 'ca.pem': 'secret' },
    });
    const files = Object.fromEntries([...made.environment.files.contents].map(([path, bytes]) => [path, new TextDecoder().decode(bytes)]));
    const exported = await runDocker(['context', 'export', 'near', '-'], { files });
    const bytes = concatBytes(exported.environment.stdout.pieces);
    expect([...readTar(bytes)].map(({ name, type, mode }) => `${name} ${type} ${mode.toString(8)}`)).toEqual([
      'meta.json file 644',
      'tls/ directory 700',
      'tls/docker/ directory 700',
      'tls/docker/ca.pem file 600',
    ]);

    const imported = await runDocker(['context', 'import', 'again', '-'], { stdin: bytes });
    expect(imported).toMatchObject({ status: 0, stdout: 'again\n', stderr: 'Successfully imported context "again"\n' });
    const left = [...imported.environment.files.contents].map(([path, content]) => [
      path.split('/').at(-1),
      new TextDecoder().decode(content),
    ]);
    expect(left).toEqual([
      ['meta.json', '{"Name":"again","Metadata":{},"Endpoints":{"docker":{"Host":"unix:///run/x","SkipTLSVerify":false}}}'],
      ['ca.pem', 'secret'],
    ]);
  });

  test('goes to no terminal', async () => {
    const { status, stderr, stdout } = await runDocker(['context', 'export', 'default', '-'], { terminal: { rows: 24, columns: 80 } });
    expect({ status, stdout, stderr }).toEqual({
      status: 1,
      stdout: '',
      stderr: 'cowardly refusing to export to a terminal, specify a file path\n',
    });
  });

  test.each([
    [{ 'other.json': '{}' }, 'other.json: unexpected context file\n'],
    [{ 'tls/../meta.json': '{}' }, 'tls/../meta.json: unexpected path format\n'],
    [{ 'tls/ca.pem': 'x' }, 'archive format is invalid\n'],
    [{ 'meta.json': '{' }, 'unexpected end of JSON input\n'],
  ])('%o is none', async (files, stderr) => {
    expect(await runDocker(['context', 'import', 'mine', '-'], { stdin: archive(files as Record<string, string>) })).toMatchObject({
      status: 1,
      stderr,
    });
  });

  test('is no zip archive here', async () => {
    const { stderr } = await runDocker(['context', 'import', 'mine', '-'], { stdin: 'PK\u0003\u0004' });
    expect(stderr).toBe('importing a context from a zip archive is not available in this version of Drydock: use a tar archive\n');
  });
});

test('what an update does not know of stays', async () => {
  const { status, environment } = await runDocker(['context', 'update', 'near', '--description', 'new'], {
    files: contextFile('unix:///x'),
  });
  expect(status).toBe(0);
  expect(new TextDecoder().decode([...environment.files.contents.values()][0])).toBe(
    '{"Name":"near","Metadata":{"Description":"new","team":7},"Endpoints":{"docker":{"Host":"unix:///x","SkipTLSVerify":false}}}',
  );
});

describe('the daemon of a context', () => {
  const config = { '/root/.docker/config.json': '{"currentContext":"near"}' };

  test.each([
    ['unix:///run/near.sock', {}, 'unix:///run/near.sock'],
    ['tcp://10.0.0.1:2375', {}, 'tcp://10.0.0.1:2375'],
    ['', {}, 'unix:///var/run/docker.sock'],
    ['tcp://10.0.0.1:2375', { DOCKER_HOST: 'unix:///x' }, 'unix:///x'],
    ['tcp://10.0.0.1:2375', { DOCKER_CONTEXT: 'default' }, 'unix:///var/run/docker.sock'],
  ])('%s %o', async (host, env, connected) => {
    const { environment } = await runDocker(['ps'], {
      env: env as Record<string, string>,
      files: { ...config, ...contextFile(host) },
    });
    expect(environment.connected.at(-1)).toBe(connected);
  });

  test('is not spoken to with certificates', async () => {
    const files = { ...config, ...contextFile('tcp://x:2376'), [`/root/.docker/contexts/tls/${NEAR}/docker/ca.pem`]: 'x' };
    expect(await runDocker(['ps'], { files })).toMatchObject({
      status: 1,
      stderr:
        'Failed to initialize: unable to resolve docker endpoint: connections with TLS are not available in this version of Drydock\n',
    });
  });
});
