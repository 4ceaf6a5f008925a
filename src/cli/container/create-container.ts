/**
 * Makes the container that `docker run` and `docker create` describe, and gets its image first where that
 * is missing or was asked for.
 * Source: docker/cli cli/command/container/create.go, createContainer.
 */
import { ApiError, type ApiClient } from '#engine/api/client.ts';
import type { CreateContainerResponse } from '#engine/api/types/container.ts';
import { familiarString, parseAnyReference, parseNormalizedNamed, tagNameOnly } from '#engine/oci/reference.ts';
import { messageOf } from '#engine/errors.ts';
import type { CommandContext } from '../command.ts';
import { ExitError } from '../exit-error.ts';
import type { ParsedFlags } from '../flags/parse.ts';
import { pull } from '../image/pull.ts';
import { refuseContentTrust } from '../image/content-trust.ts';
import { parseIpAddress } from '../options/ip-address.ts';
import { parsePlatform } from '../options/platform.ts';
import { openCidFile } from './cid-file.ts';
import type { FullCreateRequest } from './create-request.ts';

const pullChoices = ['always', 'missing', 'never', ''];

/** @throws Error with Docker's words */
export function checkPullChoice(pull: string): void {
  if (!pullChoices.includes(pull)) throw new Error(`invalid pull option: '${pull}': must be one of "always", "missing" or "never"`);
}

/** Flags that only mean something to a daemon on Windows. */
const windowsFlags = ['cpu-count', 'cpu-percent', 'io-maxbandwidth', 'io-maxiops'];

/** @throws ExitError when one of them was given */
export function refuseWindowsFlags(flags: ParsedFlags): void {
  const given = windowsFlags.filter((flag) => flags.changed(flag));
  if (given.length === 0) return;
  const line = (flag: string): string =>
    `"--${flag}" is only supported on a Docker daemon running on windows, but the Docker daemon is running on linux`;
  throw new ExitError(1, given.map(line).join('\n'));
}

/** @returns the container's id; warnings have been printed */
export async function createContainer(context: CommandContext, request: FullCreateRequest): Promise<string> {
  const cidFile = await openCidFile(context.environment.files, request.HostConfig.ContainerIDFile);
  try {
    const { Id, Warnings } = await create(context, request);
    const warnings = [...(Warnings ?? []), ...localhostWarning(request.HostConfig.Dns ?? [])];
    for (const warning of warnings) await context.err(`WARNING: ${warning}\n`);
    await cidFile.write(Id);
    return Id;
  } finally {
    await cidFile.close();
  }
}

async function create(context: CommandContext, request: FullCreateRequest): Promise<CreateContainerResponse> {
  const { flags } = context;
  refuseContentTrust(flags);
  const any = parseAnyReference(request.Image);
  const image = any.kind === 'named' ? tagNameOnly(any.reference) : undefined;
  if (flags.bool('use-api-socket')) mountApiSocket(await context.host(), request);
  const platform = platformOf(flags.string('platform'));
  const output = flags.bool('quiet') ? undefined : context.environment.stderr;
  const pullImage = (): Promise<void> =>
    pull(context, image ?? parseNormalizedNamed(request.Image), { platform: flags.string('platform'), output });

  if (flags.string('pull') === 'always') await pullImage();
  const api = await context.api();
  try {
    return await post(api, request, flags.string('name'), platform);
  } catch (error) {
    const missing = error instanceof ApiError && error.status === 404 && image !== undefined && flags.string('pull') === 'missing';
    if (!missing) throw error;
    if (!flags.bool('quiet')) await context.err(`Unable to find image '${familiarString(image)}' locally\n`);
    await pullImage();
    return post(api, request, flags.string('name'), platform);
  }
}

function platformOf(text: string): string | undefined {
  try {
    return text === '' ? undefined : parsePlatform(text);
  } catch (error) {
    throw new Error(`error parsing specified platform: ${messageOf(error)}`, { cause: error });
  }
}

/** Docker's own credentials, which go with it, are none here. */
function mountApiSocket(host: string, { HostConfig }: FullCreateRequest): void {
  const scheme = 'unix://';
  if (!host.startsWith(scheme)) {
    throw new Error(`flag --use-api-socket can only be used with unix sockets: docker endpoint ${host} incompatible`);
  }
  const socket = { Type: 'bind', Source: host.slice(scheme.length), Target: '/var/run/docker.sock', BindOptions: {} };
  HostConfig.Mounts = [...(HostConfig.Mounts ?? []), socket];
}

function post(api: ApiClient, request: FullCreateRequest, name: string, platform: string | undefined): Promise<CreateContainerResponse> {
  return api.post<CreateContainerResponse>('/containers/create', { query: { name: name || undefined, platform }, json: request });
}

/** Docker's own resolver does not listen on the addresses that mean the container itself. */
function localhostWarning(servers: readonly string[]): string[] {
  const server = servers.map(parseIpAddress).find((address) => address?.loopback);
  return server ? [`Localhost DNS (${server.text}) may fail in containers.`] : [];
}
