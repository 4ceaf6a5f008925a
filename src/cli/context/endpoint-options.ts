/**
 * What `--docker` says of a new endpoint: `host=tcp://host:2376,ca=…,cert=…,key=…`, or `from=` another context's.
 * Source: docker/cli cli/command/context/options.go, cli/context/docker/load.go, cli/connhelper/ssh.
 */
import { fromBase64 } from '#engine/base64.ts';
import { messageOf } from '#engine/errors.ts';
import type { CliFiles } from '../environment.ts';
import { openError } from '../options/open-error.ts';
import { parseBool } from '../units/number.ts';
import { dockerEndpoint, type DockerEndpoint } from './metadata.ts';
import type { ContextStore, TlsFiles } from './store.ts';

const KEYS = new Set(['from', 'host', 'ca', 'cert', 'key', 'skip-tls-verify']);
/** Option → what the file is called in the store. */
const TLS_OPTIONS = { ca: 'ca.pem', cert: 'cert.pem', key: 'key.pem' };

export interface NewEndpoint {
  endpoint: DockerEndpoint;
  tls: TlsFiles;
}

/** @throws Error with Docker's words */
export async function endpointFromOptions(store: ContextStore, options: Record<string, string>): Promise<NewEndpoint> {
  try {
    const unknown = Object.keys(options).filter((key) => !KEYS.has(key));
    if (unknown.length > 0) throw new Error(unknown.map((key) => `unrecognized config key: ${key}`).join('\n'));
    if (options['from'] !== undefined) return { endpoint: dockerEndpoint(await store.get(options['from'])), tls: {} };
    const files = await tlsFiles(store.files, options);
    const endpoint = { Host: options['host'] ?? '', SkipTLSVerify: skipsVerification(options['skip-tls-verify']) };
    if (endpoint.Host !== '') validateEndpoint(endpoint.Host, files);
    return { endpoint, tls: Object.keys(files).length > 0 ? { docker: files } : {} };
  } catch (error) {
    throw new Error(`unable to create docker endpoint config: ${messageOf(error)}`, { cause: error });
  }
}

/** What a client cannot be made for. @throws Error with Docker's words */
export function validateHost(host: string): void {
  const [scheme = '', address] = host.split(/:\/\/(.*)/s);
  if (!address) throw new Error(`unable to parse docker host \`${host}\``);
  if (scheme !== 'tcp') return;
  const port = /^(?:\[[^\]]*\]|[^:/]*)(:[^/]*)?/.exec(address)?.[1] ?? '';
  if (!/^(:\d*)?$/.test(port)) throw new Error(`parse "tcp://${address}": invalid port "${port}" after host`);
}

async function tlsFiles(files: CliFiles, options: Record<string, string>): Promise<Record<string, Uint8Array>> {
  const found: Record<string, Uint8Array> = {};
  for (const [option, name] of Object.entries(TLS_OPTIONS)) {
    const path = options[option];
    if (!path) continue;
    found[name] = await files.read(path).catch((error: unknown) => {
      throw openError(path, error);
    });
  }
  return found;
}

function skipsVerification(text: string | undefined): boolean {
  if (text === undefined) return false;
  try {
    return parseBool(text);
  } catch {
    throw new Error(`skip-tls-verify: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
}

function validateEndpoint(host: string, tls: Record<string, Uint8Array>): void {
  try {
    if (host.startsWith('ssh://')) return validateSsh(host);
    // Nothing is encrypted on a socket.
    if (!/^(unix|npipe|fd):\/\//.test(host)) validateTls(tls);
  } catch (error) {
    throw new Error(`invalid docker endpoint options: ${messageOf(error)}`, { cause: error });
  }
  try {
    validateHost(host);
  } catch (error) {
    throw new Error(`unable to apply docker endpoint options: ${messageOf(error)}`, { cause: error });
  }
}

function validateSsh(host: string): void {
  const [, user = '', name = '', rest = ''] = /^ssh:\/\/(?:([^@/]*)@)?([^/?#]*)(.*)$/s.exec(host) ?? [];
  const invalid = (reason: string): Error => new Error(`ssh host connection is not valid: invalid SSH URL: ${reason}`);
  if (name.replace(/:\d*$/, '') === '') throw invalid('hostname is empty');
  if (user.includes(':')) throw invalid('plain-text password is not supported');
  const query = /\?([^#]*)/.exec(rest)?.[1];
  if (query) throw invalid(`query parameters are not allowed: ${JSON.stringify(query)}`);
  const fragment = /#(.*)$/s.exec(rest)?.[1];
  if (fragment) throw invalid(`fragments are not allowed: ${JSON.stringify(fragment)}`);
}

function validateTls({ 'ca.pem': ca, 'cert.pem': cert, 'key.pem': key }: Record<string, Uint8Array>): void {
  if (ca && !hasBlock(ca, 'CERTIFICATE')) throw new Error('failed to retrieve context tls info: ca.pem seems invalid');
  if (cert && key && !hasBlock(key, '[A-Z ]*PRIVATE KEY')) throw new Error('no valid private key found');
}

/** Whether there is a PEM block whose content is one DER sequence; what it means is not looked at. */
function hasBlock(bytes: Uint8Array, kind: string): boolean {
  const pattern = new RegExp(`-----BEGIN ${kind}-----\\s+([A-Za-z0-9+/=\\s]+)-----END ${kind}-----`, 'g');
  return [...new TextDecoder().decode(bytes).matchAll(pattern)].some(([, body = '']) => {
    try {
      // A sequence, and two bytes of length, which is that of all certificates and keys.
      const [tag, form, high = 0, low = 0, ...content] = fromBase64(body.replace(/\s/g, ''));
      return tag === 0x30 && form === 0x82 && high * 256 + low === content.length;
    } catch {
      return false;
    }
  });
}
