/** Figures of images: builds, pulls, and what the larger ones take until they answer. */
import { ApiClient } from '../../src/engine/api/client.ts';
import type { DiskUsage } from '../../src/engine/api/types/system.ts';
import type { DockerTimes } from './docker-engine.ts';
import { median, report, time, timeOnce } from './figures.ts';
import { projects } from './projects.ts';
import { openTyped } from './typed-terminal.ts';

const contextFiles = 5000;
const contextBytes = 50 << 20;

export async function buildFigures(docker: DockerTimes | undefined): Promise<void> {
  const where = 'node';
  const { machine, terminal } = await openTyped();
  const home = machine.home('node1');
  for (const [name, files] of Object.entries(projects)) {
    for (const [path, text] of Object.entries(files)) await home.write(`${name}/${path}`, new TextEncoder().encode(text));
  }
  await terminal.run('docker pull -q busybox');
  const bytesOfImages = async (): Promise<number> => (await new ApiClient(machine.api('node1')).get<DiskUsage>('/system/df')).LayersSize;
  const build = async (name: string, ...flags: string[]): Promise<number> =>
    median(await time(5, () => terminal.run(`docker build -q ${flags.join(' ')} ${name}`)));

  const ten = await build('ten', '--no-cache');
  report({
    name: 'build of 10 instructions without RUN',
    where,
    value: ten,
    unit: 'ms',
    target: 1000,
    ...(docker && { docker: docker.buildMs }),
  });
  const cached = await build('ten');
  report({ name: 'the same, cached', where, value: cached, unit: 'ms', target: 300, ...(docker && { docker: docker.cachedBuildMs }) });
  const container = median(await time(5, () => terminal.run('docker run --rm busybox true')));
  const run = await build('run', '--no-cache');
  report({
    name: 'build with one RUN',
    where,
    value: run,
    unit: 'ms',
    target: container + 300,
    ...(docker && { docker: docker.runStepMs }),
  });

  for (const [name, above, target] of [
    ['debian:bookworm-slim', 'nothing', undefined],
    ['redis', 'debian', 1000],
  ] as const) {
    const before = await bytesOfImages();
    const pull = await timeOnce(() => terminal.run(`docker pull -q ${name}`));
    const megabytes = ((await bytesOfImages()) - before) / 1e6;
    report({
      name: `pull of ${name} over ${above}, ${Math.round(megabytes)} MB unpacked`,
      where,
      value: pull,
      unit: 'ms',
      runs: 1,
      ...(target && { target }),
    });
  }

  for (let file = 0; file < contextFiles; file++)
    await home.write(`large/${file % 100}/${file}`, new Uint8Array(contextBytes / contextFiles).fill(file));
  await home.write('large/Dockerfile', new TextEncoder().encode('FROM busybox\nCOPY . /large\n'));
  const before = process.memoryUsage().arrayBuffers;
  let peak = before;
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().arrayBuffers)), 5);
  const large = await timeOnce(() => terminal.run('docker build -q large'));
  clearInterval(watch);
  report({ name: 'build with a context of 50 MB in 5,000 files', where, value: large, unit: 'ms', runs: 1 });
  report({ name: 'its memory at the peak, over the context', where, value: (peak - before) / contextBytes, unit: 'ratio', target: 2 });
  await terminal.run('rm -rf large; docker system prune -af; docker builder prune -af');

  const flask = await timeOnce(() => terminal.run('docker pull -q python:3 && docker build -q -t flask flask'));
  report({ name: "the notes' flask image", where, value: flask / 1000, unit: 's', target: 60, runs: 1 });
  await terminal.run('docker pull -q postgres:15');
  const postgres = await timeOnce(async () => {
    await terminal.run('docker run -d --name db -e POSTGRES_PASSWORD=x postgres:15');
    await terminal.run('until docker exec db pg_isready -q -U postgres; do sleep 0.2; done');
  });
  report({ name: 'postgres until it is ready', where, value: postgres / 1000, unit: 's', target: 20, runs: 1 });
  await machine.stop();
}
