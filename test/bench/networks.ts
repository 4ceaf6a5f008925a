/** Figures of several containers on one host: published ports, names, many networks, a Compose project. */
import { median, report, time, timeOnce } from './figures.ts';
import { openTyped } from './typed-terminal.ts';

const where = 'node';
const networks = 10;
const containers = 40;

const composeFile = `services:
  web:
    image: nginx
    ports: ["8090:80"]
  redis:
    image: redis
`;

export async function networkFigures(): Promise<void> {
  const { machine, terminal } = await openTyped();
  await terminal.run('docker pull -q busybox; docker pull -q nginx; docker pull -q redis');
  const serve = async (): Promise<void> => {
    await terminal.run('docker run -d --name web -p 8080:80 nginx');
    await terminal.run('until curl -so /dev/null localhost:8080; do :; done');
  };
  const first = await timeOnce(serve);
  report({ name: 'docker run -d -p 8080:80 nginx to its first answer, the first time', where, value: first, unit: 'ms', runs: 1 });
  const took = await time(4, async () => {
    await terminal.run('docker rm -f web');
    await serve();
  });
  report({ name: 'the same, with its removal, when it ran before', where, value: median(took), unit: 'ms', target: 1500, runs: 4 });

  await terminal.run('docker network create front; docker run -d --name asking --network front busybox sleep 10000');
  const ask = (count: number): Promise<unknown> =>
    terminal.run(`docker exec asking sh -c 'for i in $(seq ${count}); do nslookup -type=a asking >/dev/null; done'`);
  await ask(5);
  const [few, many] = [await timeOnce(() => ask(5)), await timeOnce(() => ask(55))];
  report({ name: 'a name asked for with nslookup, its process included', where, value: (many - few) / 50, unit: 'ms', runs: 50 });
  const idle = (count: number): Promise<unknown> =>
    terminal.run(`docker exec asking sh -c 'for i in $(seq ${count}); do nslookup --help >/dev/null 2>&1; done'`);
  await idle(5);
  const process = ((await timeOnce(() => idle(55))) - (await timeOnce(() => idle(5)))) / 50;
  report({ name: 'the same without that process', where, value: (many - few) / 50 - process, unit: 'ms', target: 10, runs: 50 });
  await terminal.run('docker rm -f asking web; docker network rm front');

  const before = (await machine.status()).memoryUsedBytes;
  for (let network = 0; network < networks; network++) await terminal.run(`docker network create net${network}`);
  for (let at = 0; at < containers; at++)
    await terminal.run(`docker run -d --name c${at} --network net${at % networks} busybox sleep 10000`);
  const list = median(await time(5, () => terminal.run('docker ps')));
  report({ name: `docker ps with ${containers} containers on ${networks} networks`, where, value: list, unit: 'ms', target: 150, runs: 5 });
  const { memoryUsedBytes } = await machine.status();
  report({ name: "the guest's memory that they take", where, value: (memoryUsedBytes - before) / 1e6, unit: 'MB' });
  report({ name: "the guest's memory in use", where, value: memoryUsedBytes / 1e6, unit: 'MB', target: 256 });
  await terminal.run('docker rm -f $(docker ps -q); docker network prune -f');

  await machine.home('node1').write('shop/compose.yaml', new TextEncoder().encode(composeFile));
  const up = (): Promise<unknown> => terminal.run('docker compose -f shop/compose.yaml up -d');
  await up();
  await terminal.run('docker compose -f shop/compose.yaml down');
  report({ name: 'docker compose up -d of nginx and redis', where, value: await timeOnce(up), unit: 'ms', target: 3000, runs: 1 });
  await machine.stop();
}
