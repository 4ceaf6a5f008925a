/** Which Docker client this is: the one whose words, flags and formats it keeps to. */
export const CLIENT_VERSION = '28.2.2';
export const CLIENT_API_VERSION = '1.50';
export const CLIENT_GIT_COMMIT = 'e6534b4';
export const VERSION_LINE = `Docker version ${CLIENT_VERSION}, build ${CLIENT_GIT_COMMIT}\n`;
