/** A running container's /etc/hosts, line by line: what the container itself has written stays. */
import type { HostsEntry } from '../network/etc-files.ts';
import type { Storage } from '../storage.ts';

/** Adds lines at the end. */
export function addHosts(storage: Storage, containerId: string, entries: readonly HostsEntry[]): void {
  changeHosts(storage, containerId, (lines) => [...lines, ...entries.map(({ address, names }) => `${address}\t${names}`)]);
}

export function removeHosts(storage: Storage, containerId: string, entries: readonly HostsEntry[]): void {
  const gone = entries.map(({ address, names }) => `${address}\t${names}`);
  changeHosts(storage, containerId, (lines) => lines.filter((line) => !gone.includes(line)));
}

/** Gives a name another address wherever it stands. Source: moby libnetwork/etchosts, Update. */
export function updateHost(storage: Storage, containerId: string, name: string, address: string): void {
  changeHosts(storage, containerId, (lines) =>
    lines.map((line) => {
      const [, ...names] = line.split(/\s+/);
      return names[0] === name ? `${address}\t${names.join(' ')}` : line;
    }),
  );
}

function changeHosts(storage: Storage, containerId: string, change: (lines: string[]) => string[]): void {
  const path = `containers/${containerId}/hosts`;
  const before = storage.read(path);
  if (!before) return;
  const lines = new TextDecoder().decode(before).split('\n');
  if (lines.at(-1) === '') lines.pop();
  storage.write(path, new TextEncoder().encode(`${change(lines).join('\n')}\n`), 0o644);
}
