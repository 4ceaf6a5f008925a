/**
 * Dockerfile instructions given to `docker import` and `docker commit` as `--change`: what they do to a configuration.
 * Source: moby daemon/builder/dockerfile/builder.go, BuildFromConfig.
 */
import type { RunConfig } from '../oci/image-config.ts';
import { ClassicArgs } from './dockerfile/classic-args.ts';
import { ClassicStage } from './dockerfile/classic.ts';
import { DockerfileError } from './dockerfile/dockerfile-error.ts';
import { instructionOf } from './dockerfile/instructions/parse.ts';
import { parseDockerfile } from './dockerfile/parser.ts';

const allowed = new Set([
  'cmd',
  'entrypoint',
  'healthcheck',
  'env',
  'expose',
  'label',
  'onbuild',
  'stopsignal',
  'user',
  'volume',
  'workdir',
]);

/** @throws DockerfileError, an EngineError `invalid-parameter` */
export function applyChanges(config: RunConfig, changes: readonly string[]): RunConfig {
  if (changes.length === 0) return config;
  const { nodes, escape } = parseDockerfile(changes.join('\n'));
  const instructions = nodes.map((node) => {
    if (!allowed.has(node.keyword.toLowerCase())) throw new DockerfileError(`${node.keyword} is not a valid change command`);
    return instructionOf(node);
  });
  const stage = new ClassicStage({ args: new ClassicArgs(new Map()), escape, base: config, asIs: true });
  for (const instruction of instructions) stage.dispatch(instruction);
  return stage.config;
}
