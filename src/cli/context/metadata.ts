/**
 * What is kept of a context: a name, a description, and where its daemon is. As text it is a `meta.json`, whose fields
 * that nobody here knows stay.
 * Source: docker/cli cli/context/store/metadatastore.go, cli/command/context.go.
 */
import { goJson } from '#engine/api/answer.ts';
import { jsonTextMistake } from '#engine/api/go-json.ts';
import { decode, type Shape } from '#engine/api/shape.ts';
import { compareStrings } from '../format/gotemplate/value.ts';

export interface ContextMetadata {
  Name: string;
  /** `Description`, and what else somebody put there; undefined when there is nothing at all. */
  Metadata: Record<string, unknown> | undefined;
  /** By kind; Docker's own is `docker`. */
  Endpoints: Record<string, unknown>;
}

export interface DockerEndpoint {
  /** Empty for Docker's default. */
  Host: string;
  SkipTLSVerify: boolean;
}

const DOCUMENT: Shape = { struct: { Name: 'string', Metadata: { map: 'any' }, Endpoints: { map: 'any' } } };
const ENDPOINT: Shape = { struct: { Host: 'string', SkipTLSVerify: 'bool' } };

/** @throws Error with Go's words */
export function readMetadata(text: string): ContextMetadata {
  const mistake = jsonTextMistake(text);
  if (mistake !== undefined) throw new Error(mistake);
  const read = decode<Partial<ContextMetadata> | null>(JSON.parse(text), DOCUMENT, 'untypedContextMetadata');
  const { Name = '', Metadata, Endpoints } = read ?? {};
  const endpoints = Object.entries(Endpoints ?? {}).map(([kind, endpoint]) => [
    kind,
    kind === 'docker'
      ? { Host: '', SkipTLSVerify: false, ...decode<Partial<DockerEndpoint> | null>(endpoint, ENDPOINT, 'EndpointMetaBase') }
      : endpoint,
  ]);
  return { Name, Metadata: Metadata ?? undefined, Endpoints: Object.fromEntries(endpoints) as Record<string, unknown> };
}

export function writeMetadata({ Name, Metadata, Endpoints }: ContextMetadata): string {
  const { docker, ...others } = Endpoints;
  const endpoints = sorted({ ...others, ...(docker !== undefined && { docker: writtenEndpoint(docker as DockerEndpoint) }) });
  return goJson({
    ...(Name !== '' && { Name }),
    ...(Metadata && { Metadata: sorted(Metadata) }),
    ...(Object.keys(endpoints).length > 0 && { Endpoints: endpoints }),
  });
}

/** @throws Error with Docker's words when there is none */
export function dockerEndpoint({ Endpoints }: ContextMetadata): DockerEndpoint {
  const endpoint = Endpoints['docker'];
  if (endpoint === undefined) throw new Error('cannot find docker endpoint in context');
  return endpoint as DockerEndpoint;
}

/** The default context has none of its own. */
export function descriptionOf({ Name, Metadata }: ContextMetadata): string {
  if (Name === 'default') return 'Current DOCKER_HOST based configuration';
  const description = Metadata?.['Description'];
  return typeof description === 'string' ? description : '';
}

function writtenEndpoint({ Host, SkipTLSVerify }: DockerEndpoint): Partial<DockerEndpoint> {
  return { ...(Host !== '' && { Host }), SkipTLSVerify };
}

/** As Go writes a map. */
function sorted(map: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => compareStrings(a, b)));
}
