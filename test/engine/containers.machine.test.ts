/** What options of `docker run` and the verbs do to real processes: files, users, limits, signals, networks, on the real machine. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunningMachine } from '../../src/emulator/running-machine.ts';
import { openMachine, shell, type Printed } from '../machine/node-machine.ts';

let machine: RunningMachine;
beforeAll(async () => {
  machine = await openMachine();
  await ok('docker pull -q busybox');
});
afterAll(() => machine.stop());

async function ok(command: string): Promise<string> {
  const { stdout, stderr, status } = await shell(machine, command);
  expect({ command, stderr, status }).toEqual({ command, stderr: '', status: 0 });
  return stdout;
}
const fails = (command: string): Promise<Printed> => shell(machine, command);
/** Standard output of `sh -c` in a container. */
const run = (script: string, options = ''): Promise<string> => ok(`docker run --rm ${options} busybox sh -c '${script}'`);

describe('files', () => {
  test('of the node, in a directory that is made when there is none', async () => {
    expect(await run('echo from-inside > /data/f; ls /data', '-v /root/made/here:/data')).toBe('f\n');
    expect(await ok('cat /root/made/here/f; rm -r /root/made')).toBe('from-inside\n');
  });

  test('of the node read-only, and a single file', async () => {
    await ok('echo secret > /root/one');
    expect(await run('cat /one; touch /etc2/x 2>&1 || true', '-v /root/one:/one -v /etc:/etc2:ro')).toBe(
      'secret\ntouch: /etc2/x: Read-only file system\n',
    );
    await ok('rm /root/one');
  });

  test('in a volume outlive the container', async () => {
    await run('echo kept > /data/f', '-v vol:/data');
    expect(await run('cat /other/f', '-v vol:/other')).toBe('kept\n');
  });

  test('in a tmpfs, with a read-only root', async () => {
    const script =
      'touch /x 2>&1; touch /t/x && echo written; grep " /t " /proc/mounts | cut -d " " -f 3; df -k /dev/shm | tail -n 1 | tr -s " " | cut -d " " -f 2';
    expect(await run(script, '--read-only --tmpfs /t:size=1m --shm-size 2m')).toBe(
      'touch: /x: Read-only file system\nwritten\ntmpfs\n2048\n',
    );
  });
});

describe('processes', () => {
  test('run as who was asked for, where it was asked for', async () => {
    expect(await run('id; pwd; touch /x 2>&1 || true', '-u daemon:wheel -w /new/place')).toBe(
      'uid=1(daemon) gid=10(wheel) groups=10(wheel)\n/new/place\ntouch: /x: Permission denied\n',
    );
    expect(await run('id -u; echo $HOME', '-u 1234')).toBe('1234\n/\n');
  });

  test('that are executed have the filter, too, and the capabilities', async () => {
    await ok('docker run -d --name e1 busybox sleep 1000');
    const look = 'grep -E "^(CapEff|Seccomp|NoNewPrivs):" /proc/self/status | tr -s "\\t\\n" "  "';
    expect(await ok(`docker exec e1 sh -c '${look}'`)).toBe('CapEff: 00000000a80425fb NoNewPrivs: 0 Seccomp: 2 ');
    expect(await ok(`docker exec --privileged e1 sh -c '${look}'`)).toBe('CapEff: 000001ffffffffff NoNewPrivs: 0 Seccomp: 2 ');
    expect(await ok('docker exec -u daemon -w /tmp -e A=b e1 sh -c "id -u; pwd; echo \\$A"')).toBe('1\n/tmp\nb\n');
    expect((await fails('docker exec e1 nosuch')).status).toBe(127);
    expect((await fails('docker exec e1 sh -c "exit 9"')).status).toBe(9);
    await ok('docker rm -f e1');
  });

  test('that cannot be have the exit codes of Docker', async () => {
    for (const [command, status] of [
      ['docker run --rm busybox nosuch', 127],
      ['docker run --rm busybox /etc', 126],
      ['docker run --rm busybox /etc/passwd', 126],
      ['docker run --rm -u nobodyx busybox true', 125],
      ['docker run --rm busybox sh -c "kill -9 \\$\\$; exit 3"', 3],
    ] as const)
      expect([command, (await fails(command)).status]).toEqual([command, status]);
  });

  test('beyond their memory are killed', async () => {
    expect((await fails('docker run --name oom -m 8m busybox tail /dev/zero')).status).toBe(137);
    expect(await ok('docker inspect -f "{{.State.OOMKilled}} {{.State.ExitCode}}" oom')).toBe('true 137\n');
    await ok('docker rm oom');
  });

  test('beyond their number cannot fork', async () => {
    const { stderr, status } = await fails('docker run --rm --pids-limit 3 busybox sh -c "sleep 9 & sleep 9 & sleep 9 & sleep 9 & wait"');
    expect(stderr).toContain("can't fork");
    expect(status).not.toBe(0);
  });

  test('are seen, frozen, signalled and stopped', async () => {
    await ok(`docker run -d --name p1 busybox sh -c 'trap "echo caught" USR1; trap "exit 4" TERM; while :; do sleep 0.1; done'`);
    expect(await ok('docker top p1 -o pid,comm | tail -n +2 | tr -s " " | cut -d " " -f 2 | head -n 1')).toBe('sh\n');
    await ok('docker pause p1');
    expect(await ok('docker ps --format "{{.Status}}"')).toMatch(/^Up .* \(Paused\)\n$/);
    expect(await ok('docker exec p1 true 2>&1 || true')).toContain('is paused');
    await ok('docker unpause p1; docker kill -s USR1 p1; sleep 1');
    expect(await ok('docker logs p1')).toBe('caught\n');
    await ok('docker stop p1');
    expect(await ok('docker wait p1')).toBe('4\n');
    await ok('docker rm p1');
  });

  test('have limits that can be changed', async () => {
    await ok('docker run -d --name u1 -m 32m busybox sleep 1000');
    const limit = (): Promise<string> => ok('docker exec u1 cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max');
    expect(await limit()).toBe('33554432\nmax\n');
    await ok('docker update -m 48m --memory-swap 96m --pids-limit 20 u1');
    expect(await limit()).toBe('50331648\n20\n');
    expect(await ok('docker stats --no-stream --format "{{.MemUsage}} {{.PIDs}}" u1')).toMatch(/ \/ 48MiB [12]\n$/);
    await ok('docker rm -f u1');
  });

  test('come back as their policy says', async () => {
    await ok('docker run -d --name r1 --restart on-failure:2 busybox false');
    await expect
      .poll(() => ok('docker inspect -f "{{.RestartCount}} {{.State.Status}}" r1'), { timeout: 30_000, interval: 500 })
      .toBe('2 exited\n');
    await ok('docker rm r1');
  });
});

describe('networks', () => {
  test('connect containers of a bridge, and only by it', async () => {
    await ok('docker run -d --name n1 busybox sleep 1000');
    const address = (await ok('docker inspect -f "{{.NetworkSettings.IPAddress}}" n1')).trim();
    expect(await run(`ping -c 1 -W 2 ${address} >/dev/null && echo reached`)).toBe('reached\n');
    expect(await run(`ping -c 1 -W 1 ${address} >/dev/null 2>&1 || echo alone; ls /sys/class/net`, '--network none')).toBe('alone\nlo\n');
    const own = await run('hostname -i; cat /etc/hostname', '--network container:n1');
    expect(own).toBe(`${address}\n${await ok('docker exec n1 cat /etc/hostname')}`);
    expect(await run('cat /etc/hostname', '--network host')).toBe('node1\n');
    await ok('docker rm -f n1');
  });
});
