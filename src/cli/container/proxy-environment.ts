/**
 * The proxies of the client's configuration as environment variables of new containers.
 * Source: docker/cli cli/config/configfile/file.go, ParseProxyConfig.
 */
import type { CommandContext } from '../command.ts';
import { cut } from '../options/key-value-file.ts';

/**
 * @param given what `--env` says, which goes before
 * @returns `given` and the proxies' variables, in capitals and in small letters
 */
export async function addProxies(context: CommandContext, given: readonly string[]): Promise<string[]> {
  const { proxies } = await context.config();
  if (!proxies) return [...given];
  // The daemon's own come before those of all.
  const { httpProxy, httpsProxy, noProxy, ftpProxy, allProxy } = proxies[await context.host()] ?? proxies['default'] ?? {};
  const variables = { HTTP_PROXY: httpProxy, HTTPS_PROXY: httpsProxy, NO_PROXY: noProxy, FTP_PROXY: ftpProxy, ALL_PROXY: allProxy };
  const names = new Set(given.map((pair) => cut(pair)[0]));
  const added = Object.entries(variables).flatMap(([name, value]) =>
    value ? [name, name.toLowerCase()].filter((one) => !names.has(one)).map((one) => `${one}=${value}`) : [],
  );
  return [...given, ...added];
}
