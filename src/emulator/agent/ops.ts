/**
 * The operations that the agent knows, one builder each. Paths are the current node's (or stub's).
 * Every value is copied: nothing refers to the frame it came in.
 */
import { nothing, op, type Op } from './op.ts';
import { PayloadReader } from './payload.ts';
import { readTreeHead, type TreeFile } from './tree-stream.ts';

export { mayFail, type Op } from './op.ts';

const code = {
  mkdir: 1, write: 2, read: 3, stat: 4, readdir: 5, symlink: 6, unlink: 7, rmtree: 8, rename: 9, chown: 10, chmod: 11, mknod: 12,
  mount: 13, umount: 14, netnsNew: 15, netnsDel: 16, netlink: 17, kill: 19, nodeNew: 20, nodeStop: 21, settime: 22, seed: 23,
  sethostname: 24, du: 25, cgroupRemove: 26, procs: 27, info: 28, daemonAt: 31, statfs: 32, pack: 34, list: 35,
  chdir: 36, view: 37, bindInto: 38, find: 39, unpack: 40,
} as const; // prettier-ignore

const utf8 = new TextEncoder();

// --- files ---

/** Like `mkdir -p`: with its parents, and an existing directory is fine. `exclusive`: only itself, and it must be new. */
export function mkdir(path: string, mode = 0o755, options: { exclusive?: boolean } = {}): Op<void> {
  return op(
    code.mkdir,
    `mkdir ${path}`,
    (w) =>
      w
        .text(path)
        .u32(mode)
        .u8(options.exclusive ? 0 : 1),
    nothing,
  );
}

/**
 * Writes a file whole, or appends. `existing`: neither created nor truncated, for kernel settings;
 * `exclusive`: fails when it exists. At most about 1 MB for all that is in one batch.
 */
export function writeFile(
  path: string,
  mode: number,
  content: Uint8Array | string,
  options: { append?: boolean; exclusive?: boolean; existing?: boolean } = {},
): Op<void> {
  const bytes = typeof content === 'string' ? utf8.encode(content) : content;
  const flags = (options.append ? 1 : 0) | (options.exclusive ? 2 : 0) | (options.existing ? 4 : 0);
  return op(code.write, `write ${path}`, (w) => w.text(path).u32(mode).u8(flags).bytes(bytes), nothing);
}

/** A setting below /proc or /sys. */
export function writeSetting(path: string, value: string): Op<void> {
  return writeFile(path, 0o644, value, { existing: true });
}

/** Up to `maxBytes` from `offset`; fewer at the end of the file. */
export function readFile(path: string, maxBytes: number, offset = 0): Op<Uint8Array> {
  return op(
    code.read,
    `read ${path}`,
    (w) => w.text(path).u64(offset).u32(maxBytes),
    (r) => r.raw(r.left).slice(),
  );
}

export type FileType = 'file' | 'directory' | 'symlink' | 'pipe' | 'socket' | 'character' | 'block' | 'unknown';

export interface FileStat {
  type: FileType;
  /** Permissions without the type. */
  mode: number;
  uid: number;
  gid: number;
  links: number;
  sizeBytes: number;
  inode: number;
  modifiedMs: number;
  device: { major: number; minor: number };
  /** Of a symlink that was not followed. */
  target: string;
  /** The file system that it is in, and the mount through which it was found. */
  fileSystem: string;
  mountId: number;
}

const typeByMode: Record<number, FileType> = {
  0o100000: 'file',
  0o040000: 'directory',
  0o120000: 'symlink',
  0o010000: 'pipe',
  0o140000: 'socket',
  0o020000: 'character',
  0o060000: 'block',
};

export function stat(path: string, options: { follow?: boolean } = {}): Op<FileStat> {
  return op(
    code.stat,
    `stat ${path}`,
    (w) => w.text(path).u8(options.follow === false ? 0 : 1),
    (r) => {
      const mode = r.u32();
      return {
        type: typeByMode[mode & 0o170000] ?? 'unknown',
        mode: mode & 0o7777,
        uid: r.u32(),
        gid: r.u32(),
        links: r.u32(),
        sizeBytes: r.u64(),
        inode: r.u64(),
        modifiedMs: r.i64() * 1000 + r.u32() / 1e6,
        device: { major: r.u32(), minor: r.u32() },
        target: new TextDecoder().decode(r.bytes()),
        fileSystem: `${r.u32()}:${r.u32()}`,
        mountId: r.u64(),
      };
    },
  );
}

const typeByEntry: Record<number, FileType> = {
  8: 'file',
  4: 'directory',
  10: 'symlink',
  1: 'pipe',
  12: 'socket',
  2: 'character',
  6: 'block',
};

/** Names in a directory, in no order, without `.` and `..`. */
export function readdir(path: string): Op<{ name: string; type: FileType }[]> {
  return op(
    code.readdir,
    `readdir ${path}`,
    (w) => w.text(path),
    (r) => {
      const entries: { name: string; type: FileType }[] = [];
      while (r.left > 0) entries.push({ type: typeByEntry[r.u8()] ?? 'unknown', name: r.text() });
      return entries;
    },
  );
}

export function symlink(target: string, path: string): Op<void> {
  return op(code.symlink, `symlink ${path}`, (w) => w.text(target).text(path), nothing);
}

export function unlink(path: string): Op<void> {
  return op(code.unlink, `unlink ${path}`, (w) => w.text(path).u8(0), nothing);
}

export function rmdir(path: string): Op<void> {
  return op(code.unlink, `rmdir ${path}`, (w) => w.text(path).u8(1), nothing);
}

/** Removes a tree; nothing when it is not there. Other mounts below it are left alone (EBUSY). Large ones: a background batch. */
export function rmtree(path: string): Op<void> {
  return op(code.rmtree, `rmtree ${path}`, (w) => w.text(path), nothing);
}

export function rename(from: string, to: string): Op<void> {
  return op(code.rename, `rename ${from}`, (w) => w.text(from).text(to), nothing);
}

/** Does not follow a symlink. */
export function chown(path: string, uid: number, gid: number): Op<void> {
  return op(code.chown, `chown ${path}`, (w) => w.text(path).u32(uid).u32(gid), nothing);
}

export function chmod(path: string, mode: number): Op<void> {
  return op(code.chmod, `chmod ${path}`, (w) => w.text(path).u32(mode), nothing);
}

/** `mode` with the type bits: 0o020000 character, 0o060000 block, 0o010000 pipe. */
export function mknod(path: string, mode: number, device: { major: number; minor: number }): Op<void> {
  return op(code.mknod, `mknod ${path}`, (w) => w.text(path).u32(mode).u32(device.major).u32(device.minor), nothing);
}

export interface Usage {
  /** Docker's measure: sizes of files, one with several names counted once. */
  bytes: number;
  /** What is allocated for them, directories included. */
  storedBytes: number;
  count: number;
}

/** Measures a tree within its mount. Large ones: a background batch. */
export function diskUsage(path: string): Op<Usage> {
  return op(
    code.du,
    `du ${path}`,
    (w) => w.text(path),
    (r) => ({ bytes: r.u64(), storedBytes: r.u64(), count: r.u32() }),
  );
}

export function statfs(path: string): Op<{ totalBytes: number; availableBytes: number }> {
  return op(
    code.statfs,
    `statfs ${path}`,
    (w) => w.text(path),
    (r) => ({ totalBytes: r.u64(), availableBytes: r.u64() }),
  );
}

export interface PackOptions {
  content?: boolean;
  xattrs?: boolean;
  /** Enters what is mounted below. */
  mounts?: boolean;
}

/**
 * Writes a tree into a file of the guest's own, see tree-stream.ts, waiting for who reads it: in a background batch only.
 * The value is how many entries there were.
 */
export function packTree(root: string, path: string, into: string, options: PackOptions): Op<number> {
  const flags = (options.content ? 1 : 0) | (options.xattrs ? 2 : 0) | (options.mounts ? 4 : 0);
  return op(
    code.pack,
    `pack ${path || root}`,
    (w) => w.text(root).text(path).text(into).u8(flags),
    (r) => r.u32(),
  );
}

/** A mount namespace of its own for the rest of a background batch: what it mounts goes when it ends. */
export function view(): Op<void> {
  return op(code.view, 'view', nothing, nothing);
}

/** In a view: binds a file or directory of the node to a path in a root, which is made when it is missing. */
export function bindInto(root: string, source: string, path: string, readOnly: boolean): Op<void> {
  return op(
    code.bindInto,
    `mount ${source}`,
    (w) =>
      w
        .text(root)
        .text(source)
        .text(path)
        .u8(readOnly ? 1 : 0),
    nothing,
  );
}

/** What a path means to a process with that root; `path` of the value is where it is, from the root on, without links. */
export function findInRoot(root: string, path: string, follow: boolean): Op<TreeFile> {
  return op(
    code.find,
    `lstat ${path}`,
    (w) =>
      w
        .text(root)
        .text(path)
        .u8(follow ? 1 : 0),
    (r) => readTreeHead(new PayloadReader(r.bytes())).file,
  );
}

/**
 * Makes the files of a tree that the host writes (see tree-stream.ts) below a directory of a root, waiting for it: in a
 * background batch only. Directories are merged, all else that is in the way goes; with `keepKinds` a directory is
 * not replaced by something else, nor the other way round. The value is how many files were made.
 */
export function unpackTree(root: string, directory: string, from: string, keepKinds: boolean): Op<number> {
  return op(
    code.unpack,
    'unpack',
    (w) =>
      w
        .text(root)
        .text(directory)
        .text(from)
        .u8(keepKinds ? 1 : 0),
    (r) => r.u32(),
  );
}

/** Some of a directory's files, in no order, with `path` their name. Goes on where `next` of the call before says; 0 is the start, and the end. */
export function listDirectory(path: string, from: bigint, maxBytes: number): Op<{ files: TreeFile[]; next: bigint }> {
  return op(
    code.list,
    `list ${path}`,
    (w) => w.text(path).u64(from).u32(maxBytes),
    (r) => {
      const next = r.bigU64();
      const files: TreeFile[] = [];
      while (r.left > 0) files.push(readTreeHead(new PayloadReader(r.bytes())).file);
      return { files, next };
    },
  );
}

// --- mounts and networks ---

/** Flags of mount(2) and umount2(2). */
export const MS = { rdonly: 1, nosuid: 2, nodev: 4, noexec: 8, remount: 32, bind: 4096, move: 8192, rec: 16384, unbindable: 1 << 17, private: 1 << 18, slave: 1 << 19, shared: 1 << 20, relatime: 1 << 21 } as const; // prettier-ignore
export const MNT_FORCE = 1;
export const MNT_DETACH = 2;

export function mount(source: string, target: string, type: string, flags = 0, data = ''): Op<void> {
  return op(code.mount, `mount ${target}`, (w) => w.text(source).text(target).text(type).u32(flags).text(data), nothing);
}

/** The working directory for the rest of the batch. */
export function chdir(path: string): Op<void> {
  return op(code.chdir, `chdir ${path}`, (w) => w.text(path), nothing);
}

export function umount(target: string, flags = 0): Op<void> {
  return op(code.umount, `umount ${target}`, (w) => w.text(target).u32(flags), nothing);
}

/** A new network namespace with `lo` up, bind-mounted at `path`, which must not exist. */
export function netnsNew(path: string): Op<void> {
  return op(code.netnsNew, `netns ${path}`, (w) => w.text(path), nothing);
}

export function netnsDel(path: string): Op<void> {
  return op(code.netnsDel, `remove netns ${path}`, (w) => w.text(path), nothing);
}

/** Messages one after the other, each with NLM_F_ACK or a dump. */
export interface NetlinkMessages {
  bytes: Uint8Array;
  /** At `offset`, four bytes become the descriptor of `path`. */
  descriptors?: readonly { offset: number; path: string }[];
}

export interface NetlinkOptions {
  /** All in one datagram, as nf_tables transactions need it; only those with NLM_F_ACK are answered. */
  atOnce?: boolean;
  /** Error numbers that count as success. */
  tolerate?: readonly number[];
}

/**
 * Sends netlink messages in a network namespace: bind-mounted at a path, or the node's own (empty).
 * The value is the replies other than acknowledgements; an error's `detail` names the message by its position.
 *
 * @param protocol NETLINK_ROUTE 0; NETLINK_NETFILTER 12, sent at once unless told otherwise
 */
export function netlink(protocol: number, namespace: string, messages: NetlinkMessages, options: NetlinkOptions = {}): Op<Uint8Array> {
  const { bytes, descriptors = [] } = messages;
  const { atOnce = protocol === 12, tolerate = [] } = options;
  return op(
    code.netlink,
    `netlink${namespace ? ` in ${namespace}` : ''}`,
    (w) => {
      w.u32(protocol)
        .u8(atOnce ? 1 : 0)
        .text(namespace)
        .u16(tolerate.length);
      for (const errno of tolerate) w.u32(errno);
      w.u16(descriptors.length);
      for (const { offset, path } of descriptors) w.u32(offset).text(path);
      w.bytes(bytes);
    },
    (r) => r.raw(r.left).slice(),
  );
}

// --- processes, nodes, the guest ---

/** Signals a process (negative: a group) by its id as the batch's node counts. */
export function kill(pid: number, signal: number): Op<void> {
  return killOp(1, pid, signal);
}

/** Signals a process that `AgentClient.spawn` started. */
export function killSpawned(process: number, signal: number): Op<void> {
  return killOp(2, process, signal);
}

function killOp(kind: number, target: number, signal: number): Op<void> {
  return op(
    code.kill,
    `kill ${target}`,
    (w) =>
      w
        .u8(kind)
        .u32(target >>> 0)
        .u32(signal),
    nothing,
  );
}

/** Kills what runs in a cgroup and removes it with those below; waits at most `timeoutMs` (≤ 1 s), which stalls the agent. */
export function cgroupRemove(path: string, timeoutMs = 200): Op<void> {
  return op(code.cgroupRemove, `remove cgroup ${path}`, (w) => w.text(path).u32(timeoutMs), nothing);
}

export interface RawProcess {
  /** As the batch's node counts. */
  pid: number;
  /** Contents of /proc/PID/stat, status and cmdline; empty when it has just ended. */
  stat: string;
  status: string;
  /** Arguments, each ended by NUL. */
  commandLine: string;
}

/** Processes of a cgroup and of those below it. */
export function processes(cgroup: string): Op<RawProcess[]> {
  const decode = new TextDecoder();
  return op(
    code.procs,
    `processes of ${cgroup}`,
    (w) => w.text(cgroup),
    (r) =>
      Array.from({ length: r.u32() }, () => ({
        pid: r.u32(),
        stat: decode.decode(r.bytes()),
        status: decode.decode(r.bytes()),
        commandLine: decode.decode(r.bytes()),
      })),
  );
}

/** Makes a node's sandbox. `name` is its host name and the name of its cgroup. The value is its node-init's pid. */
export function newNode(id: number, name: string): Op<number> {
  return op(
    code.nodeNew,
    `new node ${name}`,
    (w) => w.u32(id).text(name),
    (r) => r.u32(),
  );
}

/** Ends every process of a node; `onNodeGone` follows. */
export function stopNode(id: number): Op<void> {
  return op(code.nodeStop, `stop node ${id}`, (w) => w.u32(id), nothing);
}

export function setTime(ms: number): Op<void> {
  const seconds = Math.floor(ms / 1000);
  return op(code.settime, 'set the clock', (w) => w.u64(seconds).u32(Math.floor((ms - seconds * 1000) * 1e6)), nothing);
}

/** Credits the kernel's random generator with fresh bytes, at most 512. */
export function seed(bytes: Uint8Array): Op<void> {
  return op(code.seed, 'seed', (w) => w.bytes(bytes), nothing);
}

export function setHostname(name: string): Op<void> {
  return op(code.sethostname, 'set the host name', (w) => w.text(name), nothing);
}

export interface GuestInfo {
  system: string;
  nodeName: string;
  release: string;
  version: string;
  machine: string;
  nowMs: number;
  uptimeMs: number;
  memTotalBytes: number;
  memAvailableBytes: number;
  /** All of /proc/meminfo, in bytes: `MemFree`, `Cached`, … */
  memory: Record<string, number>;
  /** What the agent itself has in memory. */
  agentBytes: number;
}

export function info(): Op<GuestInfo> {
  return op(code.info, 'info', nothing, (r) => {
    const [system, nodeName, release, version, machine] = r.texts(5) as [string, string, string, string, string];
    const nowMs = r.i64() * 1000 + r.u32() / 1e6;
    const uptimeMs = r.i64() * 1000 + r.u32() / 1e6;
    const memory = kilobytes(new TextDecoder().decode(r.bytes()));
    const own = kilobytes(new TextDecoder().decode(r.bytes()));
    const { MemTotal: memTotalBytes = 0, MemAvailable: memAvailableBytes = 0 } = memory;
    return {
      system,
      nodeName,
      release,
      version,
      machine,
      nowMs,
      uptimeMs,
      memTotalBytes,
      memAvailableBytes,
      memory,
      agentBytes: own['VmRSS'] ?? 0,
    };
  });
}

/** `Name:  123 kB` lines as bytes. */
function kilobytes(text: string): Record<string, number> {
  const values: Record<string, number> = {};
  for (const [, name, value] of text.matchAll(/^(\S+):\s+(\d+) kB$/gm)) values[name!] = Number(value) * 1024;
  return values;
}

/** The node whose daemon listens on a unix socket; undefined when something else does. Fails like connect(2). */
export function daemonAt(path: string): Op<number | undefined> {
  return op(
    code.daemonAt,
    `connect ${path}`,
    (w) => w.text(path),
    (r) => {
      const node = r.u32();
      return node === 0xffff_ffff ? undefined : node;
    },
  );
}
