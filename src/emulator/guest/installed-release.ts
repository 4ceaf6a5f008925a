/** What the package `docker-ce` of a node put there: which Docker Engine the node's engine is from its next start on. */
import { DaemonConfigError } from '#engine/daemon-settings.ts';
import { MAX_RELEASE_BYTES, newestRelease, parseRelease, type EngineRelease } from '#engine/engine-release.ts';
import { EngineError } from '#engine/errors.ts';
import { AgentError } from '#emulator/agent/agent-error.ts';
import type { AgentClient } from '#emulator/agent/client.ts';
import { readFile } from '#emulator/agent/ops.ts';

const enginePath = '/usr/lib/docker/engine.json';

/** @throws DaemonConfigError when the file is no release; a node without one has the newest */
export async function installedRelease(agent: AgentClient, node: number): Promise<EngineRelease> {
  try {
    return parseRelease(await agent.run({ node }, readFile(enginePath, MAX_RELEASE_BYTES + 1)));
  } catch (error) {
    if (error instanceof AgentError && error.code === 'ENOENT') return newestRelease;
    if (error instanceof EngineError) throw new DaemonConfigError(`failed to start daemon: ${error.message}`, { cause: error });
    throw error;
  }
}
