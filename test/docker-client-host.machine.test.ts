/**
 * The official docker client on what several containers of one host need: networks, volumes, and the commands about
 * containers, the system and contexts that are not in docker-client.machine.test.ts. Each line is one that Docker answers so.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DockerHost, serveDocker } from './machine/docker-client.ts';

let host: DockerHost;

beforeAll(async () => {
  host = await serveDocker();
  await host.docker(['pull', '-q', 'busybox']);
});
afterAll(() => host.stop());

type Line = [command: string, printed: RegExp | string, status?: number];

/** Words are between spaces, or in single quotes. */
async function says([command, printed, status = 0]: Line): Promise<void> {
  const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
  const result = await host.docker(words);
  const text = result.stdout + result.stderr;
  expect({ command, status: result.status, text }).toEqual({
    command,
    status,
    text: typeof printed === 'string' ? `${printed}\n` : (expect.stringMatching(printed) as string),
  });
}

const id = /^[0-9a-f]{64}\n$/;

describe('networks', () => {
  test.each<Line>([
    ['network create --subnet 10.9.0.0/24 --gateway 10.9.0.1 --ip-range 10.9.0.128/25 --label a=b front', id],
    ['network create --internal back', id],
    [
      'network create --subnet 10.9.0.0/16 other',
      'Error response from daemon: invalid pool request: Pool overlaps with other one on this address space',
      1,
    ],
    ['network create front', 'Error response from daemon: network with name front already exists', 1],
    ['network ls --filter label=a=b --format {{.Name}}/{{.Driver}}/{{.Scope}}', 'front/bridge/local'],
    ['run -d --name web --network front --network-alias site --ip 10.9.0.7 -p 18080:80 busybox httpd -f', id],
    ['run -d --name taken -p 18080:80 busybox true', /Bind for 0\.0\.0\.0:18080 failed: port is already allocated\n/, 125],
    ['port web', '80/tcp -> 0.0.0.0:18080\n80/tcp -> [::]:18080'],
    ['run --rm --network front busybox ping -c1 -W2 site', /1 packets received/],
    ['run --rm busybox ping -c1 -W2 web', /bad address 'web'/, 1],
    ['network connect --alias hidden back web', /^$/],
    ['run --rm --network back busybox ping -c1 -W2 hidden', /1 packets received/],
    ['network inspect -f {{range.Containers}}{{.Name}}={{.IPv4Address}}{{end}} front', 'web=10.9.0.7/24'],
    ['network rm front', /^Error response from daemon: error while removing network: network front .*has active endpoints/, 1],
    ['network disconnect back web', /^$/],
    ['network prune -f', 'Deleted Networks:\nback\n'],
    ['rm -f web taken', 'web\ntaken'],
    ['network rm front', 'front'],
  ])('docker %s', (...line) => says(line));
});

describe('volumes', () => {
  test.each<Line>([
    ['volume create --label a=b data', 'data'],
    ['volume create --driver nosuch other', /^Error response from daemon: .*plugin "nosuch" not found/, 1],
    ["run --rm -v data:/d busybox sh -c 'echo kept >/d/file'", /^$/],
    ['run --name reader --mount type=volume,src=data,dst=/d,readonly busybox cat /d/file', 'kept'],
    ['run --rm --volumes-from reader busybox touch /d/x', /Read-only file system/, 1],
    ['volume ls --filter label=a=b -q', 'data'],
    ['volume inspect -f {{.Driver}}/{{.Mountpoint}} data', 'local//var/lib/docker/volumes/data/_data'],
    ['volume rm data', /^Error response from daemon: remove data: volume is in use - \[[0-9a-f]{64}\]\n$/, 1],
    ['rm -v reader', 'reader'],
    ['volume rm data', 'data'],
    ['volume prune -f', 'Total reclaimed space: 0B'],
  ])('docker %s', (...line) => says(line));
});

describe('containers', () => {
  test.each<Line>([
    ["create --name one --label a=b busybox sh -c 'echo hello; exec sleep 1000'", id],
    ['start one', 'one'],
    ['rename one two', /^$/],
    ['update --memory 32m --memory-swap 64m --restart always two', 'two'],
    ['inspect --type container --size -f {{.HostConfig.Memory}}/{{.HostConfig.RestartPolicy.Name}}/{{.SizeRw}} two', '33554432/always/0'],
    ['inspect --type volume two', /Error response from daemon: get two: no such volume\n$/, 1],
    ["exec two sh -c 'echo changed >/tmp/a; rm /bin/wget'", /^$/],
    ['diff two', /^C \/tmp\nA \/tmp\/a\nC \/bin\nD \/bin\/wget\n$|^C \/bin\nD \/bin\/wget\nC \/tmp\nA \/tmp\/a\n$/],
    ['commit --author me --change \'CMD ["cat", "/tmp/a"]\' two changed:1', /^sha256:[0-9a-f]{64}\n$/],
    ['run --rm changed:1', 'changed'],
    ['cp two:/tmp/a copied', /^$/],
    ['cp copied two:/tmp/b', /^$/],
    ['export -o image.tar two', /^$/],
    ['import --change \'CMD ["cat", "/tmp/b"]\' image.tar flat', /^sha256:[0-9a-f]{64}\n$/],
    ['run --rm flat', 'changed'],
    ['pause two', 'two'],
    ['ps -a --filter name=two --format {{.Status}}', /^Up .* \(Paused\)\n$/],
    ['unpause two', 'two'],
    ['logs two', 'hello'],
    ['top two -o pid,args', /^PID +COMMAND\n\d+ +sleep 1000\n$/],
    ['stats --no-stream --format {{.Name}} two', 'two'],
    ['update --restart no two', 'two'],
    ['kill two', 'two'],
    ['wait two', '137'],
    ['attach two', 'You cannot attach to a stopped container, start it first', 1],
    ['checkpoint create two c1', /only supported on a Docker daemon with experimental features enabled/, 1],
    ['events --since 1 --until 1s --filter container=two --filter event=rename --format {{.Action}}', /^$|^rename\n$/],
    ['container prune -f', /^Deleted Containers:\n[0-9a-f]{64}\n\nTotal reclaimed space: \d+/],
  ])('docker %s', (...line) => says(line));
});

describe('the system, and contexts', () => {
  test.each<Line>([
    ['system info -f {{.Driver}}/{{.LoggingDriver}}/{{.LiveRestoreEnabled}}', 'overlay2/json-file/false'],
    ['system df --format {{.Type}}={{.TotalCount}}', 'Images=3\nContainers=0\nLocal Volumes=0\nBuild Cache=0'],
    ['plugin ls', 'ID        NAME      DESCRIPTION   ENABLED'],
    ['context create --docker host=tcp://127.0.0.1:1 far', 'far\nSuccessfully created context "far"'],
    ['context ls --format {{.Name}}', /^default\nfar\n/],
    ['context inspect -f {{.Endpoints.docker.Host}} far', 'tcp://127.0.0.1:1'],
    ['--context far ps', /^Cannot connect to the Docker daemon at tcp:\/\/127\.0\.0\.1:1\. Is the docker daemon running\?/, 1],
    ['context rm far', 'far'],
    ['run --rm --gpus all busybox true', /could not select device driver/, 125],
    [
      'run --rm --device /dev/nosuch busybox true',
      /error gathering device information while adding custom device "\/dev\/nosuch": no such file or directory/,
      127,
    ],
  ])('docker %s', (...line) => says(line));
});
