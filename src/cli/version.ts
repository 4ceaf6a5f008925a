/** Which Docker client this is: the one whose words, flags and formats it keeps to. */
export const CLIENT_VERSION = '28.2.2';
export const CLIENT_API_VERSION = '1.50';

/** What is true of this program, in the words of `docker version`. */
export const CLIENT_BUILD = {
  GitCommit: 'drydock',
  GoVersion: 'none (TypeScript)',
  Os: 'linux',
  Arch: '386',
  BuildTime: '',
};
