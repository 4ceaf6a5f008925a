/**
 * The way to the daemon: connects when first asked, says so in Docker's words when nobody answers, and
 * settles on an API version through `/_ping` as Docker's client does.
 */
import { ApiClient } from '#engine/api/client.ts';
import { clientRelease } from './client-release.ts';
import type { CliEnvironment } from './environment.ts';
import { ExitError } from './exit-error.ts';
import type { OpenAnswers } from './open-answers.ts';
import type { ApiHandler } from '#engine/api/http.ts';
import { AssertionError } from '#engine/assert.ts';

/** @param answers is told of every stream, so that none outlives the command */
export async function connect(environment: CliEnvironment, host: string, answers: OpenAnswers): Promise<ApiClient> {
  const handler = answers.remember(await open(environment, host));
  const client = new ApiClient(handler, await wantedApiVersion(environment));
  // A version that a person fixes is not negotiated.
  if (!environment.env.DOCKER_API_VERSION) await client.negotiate();
  return client;
}

/** `DOCKER_API_VERSION`, else the newest that this client speaks. */
export async function wantedApiVersion(environment: CliEnvironment): Promise<string> {
  return environment.env.DOCKER_API_VERSION?.replace(/^v/, '') || (await clientRelease(environment)).apiVersion;
}

async function open(environment: CliEnvironment, host: string): Promise<ApiHandler> {
  if (host.startsWith('ssh://'))
    throw new ExitError(1, `error during connect: connections over SSH are not available in this version of Drydock: ${host}`);
  if (host.startsWith('npipe://')) throw new ExitError(1, 'Failed to initialize: protocol not available');
  try {
    return await environment.connect(host);
  } catch (error) {
    if (error instanceof AssertionError || error instanceof ExitError) throw error;
    throw new ExitError(1, `Cannot connect to the Docker daemon at ${host}. Is the docker daemon running?`, { cause: error });
  }
}
