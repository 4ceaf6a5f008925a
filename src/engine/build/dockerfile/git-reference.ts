/**
 * Sources of ADD that are git repositories: `https://host/repo.git#branch:dir`, `git@host:repo`.
 * Source: BuildKit util/gitutil; util/sshutil.
 */
export interface GitReference {
  remote: string;
  commit: string;
  /** Directory within the repository. */
  subdir: string;
}

/** Undefined when it is none; `github.com/user/repo` is a path in a Dockerfile. */
export function parseGitReference(text: string): GitReference | undefined {
  if (text.startsWith('./') || text.startsWith('../') || text.startsWith('github.com/')) return undefined;
  const scheme = /^([a-zA-Z0-9]+):\/\//.exec(text)?.[1]?.toLowerCase();
  const [address, fragment = ''] = splitOnce(text, '#');
  if (scheme !== undefined) {
    if (!['http', 'https', 'ssh', 'git'].includes(scheme) || /[\s\x00-\x1f]/.test(address)) return undefined;
    // A web address is a repository only when it says so.
    if (scheme.startsWith('http') && !address.replace(/\?.*$/s, '').endsWith('.git')) return undefined;
  } else if (!/^[a-zA-Z0-9-_]+@[a-zA-Z0-9-.]+:[^\n]*$/.test(address)) return undefined;
  const [commit, subdir = ''] = splitOnce(fragment, ':');
  return { remote: address, commit, subdir };
}

/** True for a web address that is no repository. */
export function isWebAddress(text: string): boolean {
  return /^https?:\/\//.test(text) && parseGitReference(text) === undefined;
}

function splitOnce(text: string, mark: string): [before: string, after?: string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + mark.length)];
}
