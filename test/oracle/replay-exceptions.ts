/** Where what is printed may differ from the recording: by command, with the reason and what ours is instead. */
interface Outcome {
  stdout: string;
  stderr: string;
  exit: number;
}

interface Exception {
  cmd: RegExp;
  reason: string;
  accepts: (recorded: Outcome, ours: Outcome) => boolean;
}

/** Whether both are the same once some of the recorded text is replaced by ours. */
const allowing =
  (...pairs: [string | RegExp, string][]) =>
  (recorded: Outcome, ours: Outcome): boolean => {
    const replaced = (text: string): string => pairs.reduce((left, [from, to]) => left.replaceAll(from, to), text);
    return (
      recorded.exit === ours.exit &&
      replaced(recorded.stdout) === replaced(ours.stdout) &&
      replaced(recorded.stderr) === replaced(ours.stderr)
    );
  };

const sameExit = (recorded: Outcome, ours: Outcome): boolean => recorded.exit === ours.exit;

const exceptions: Record<string, Exception[]> = {
  'containers-lifecycle': [
    { cmd: /SizeRootFs/, reason: "busybox's size is its architecture's", accepts: (_, { stdout }) => /^running 11\d{5}$/.test(stdout) },
    {
      cmd: /^docker start -a c1$/,
      reason: 'started by the command before; on a slow machine that run may not have ended, and this one attaches to it',
      accepts: (_, { stdout, exit }) => stdout === '' && exit === 0,
    },
  ],
  'exec-attach': [
    {
      cmd: /CapEff/,
      reason: 'the recording computer withheld CAP_SYS_RESOURCE (bit 24)',
      accepts: allowing(['000001fffeffffff', '000001ffffffffff']),
    },
    { cmd: / a[23]$/, reason: 'still runs: what ended it was typed at a terminal, or its minute over', accepts: () => true },
  ],
  'run-inspect-flags': [
    { cmd: /inspect f10$/, reason: "the recording daemon's directory was below a shared /tmp", accepts: allowing(['rslave', 'rprivate']) },
    { cmd: /inspect f34$/, reason: 'name of the node', accepts: allowing(['"Hostname": "d1"', '"Hostname": "node1"']) },
    {
      cmd: /f47/,
      reason: 'cgroup v2 has no such control',
      accepts: allowing(
        ['"OomKillDisable": true', '"OomKillDisable": false'],
        ['WARNING: Your kernel does not support OomKillDisable. OomKillDisable discarded.', ''],
      ),
    },
  ],
  'ps-images-formats': [
    { cmd: /docker info --format/, reason: 'name of the node', accepts: allowing([/^d1 /g, 'node1 ']) },
    { cmd: /docker version/, reason: 'versions of the components, and their platform', accepts: sameExit },
    { cmd: /inspect --type image/, reason: 'history, size and architecture of our busybox', accepts: sameExit },
  ],
  'images-registry': [
    { cmd: /@sha256:<ID/, reason: 'the recording masked the digest in the command', accepts: () => true },
    { cmd: /^docker push/, reason: 'a manifest is as long as the sizes in it', accepts: allowing([/size: 9\d\d/g, 'size: N']) },
    { cmd: /--platform linux\/arm64/, reason: 'our machine is a 32-bit one', accepts: allowing(['linux/amd64', 'linux/386']) },
    { cmd: /^docker history/, reason: 'history of our busybox', accepts: sameExit },
    { cmd: /^docker image inspect busybox/, reason: 'history, size and architecture of our busybox', accepts: sameExit },
    {
      cmd: /^docker manifest inspect --insecure/,
      reason: 'where it was recorded the client could not reach the registry',
      accepts: (_, { stdout, exit }) => exit === 0 && stdout.includes('"schemaVersion": 2'),
    },
  ],
  system: [
    { cmd: /^docker version/, reason: 'versions of the components, and their platform', accepts: sameExit },
    {
      cmd: /^docker volume ls/,
      reason: 'the recording daemon had a volume v4 of a scenario before',
      accepts: allowing([/\nlocal v4$/g, '']),
    },
  ],
};

export function exceptionFor(scenario: string, cmd: string, recorded: Outcome, ours: Outcome): boolean {
  return (exceptions[scenario] ?? []).some((one) => one.cmd.test(cmd) && one.accepts(recorded, ours));
}

/** How long a command that was killed where it was recorded is left to run. */
export function limitMs(cmd: string): number | undefined {
  return cmd === 'docker attach --sig-proxy=false a3' ? 2000 : undefined;
}
