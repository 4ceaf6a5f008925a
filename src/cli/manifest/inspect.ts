/**
 * Shows what a registry has under a name. Docker's client asks the registry itself; this one asks the daemon
 * (docs/api-extensions.md), which also decides how the registry is spoken to, whatever `--insecure` says.
 * Source: docker/cli cli/command/manifest/inspect.go.
 */
import { ApiError } from '#engine/api/client.ts';
import type { DistributionInspect } from '#engine/api/types/image.ts';
import { base64 } from '#engine/base64.ts';
import { fullName, fullString, parseNormalizedNamed, tagNameOnly, type Reference } from '#engine/oci/reference.ts';
import type { Command, CommandContext } from '../command.ts';
import { ExitError } from '../exit-error.ts';
import { indentJson } from '../format/json-text.ts';
import { registryAuth } from '../registry/credentials.ts';
import { responseText } from '../response-text.ts';

const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';

interface Platform {
  architecture: string;
  os: string;
  'os.version'?: string;
  'os.features'?: string[];
  variant?: string;
}

interface Descriptor {
  mediaType: string;
  size: number;
  digest: string;
  platform?: Platform;
}

interface Manifest {
  mediaType?: string;
  manifests?: Descriptor[];
}

/**
 * @flag  N[the engine asks, as its configuration says]  docker manifest inspect  --insecure
 * @cli  P[lists made by docker manifest create are not kept]  docker manifest inspect  "Display an image manifest, or manifest list"
 */
export const inspectCommand: Command = {
  path: ['manifest', 'inspect'],
  async run(context) {
    const { args, flags } = context;
    const reference = tagNameOnly(parseNormalizedNamed(args.at(-1) ?? ''));
    // Of a list that was made here, and none can be.
    if (args.length > 1) {
      parseNormalizedNamed(args[0] ?? '');
      throw new ExitError(1, `No such manifest: ${fullString(reference)}`);
    }
    const text = await manifestText(context, reference);
    const manifest = JSON.parse(text) as Manifest;
    const verbose = flags.bool('verbose');
    if (manifest.manifests)
      await context.out(`${verbose ? await verboseList(context, reference, manifest.manifests) : listText(manifest.manifests)}\n`);
    else await context.out(`${verbose ? indentJson(await verboseText(context, reference, text), '\t') : indentJson(text, '\t')}\n`);
  },
};

/** The list as Docker's client writes it anew. */
function listText(manifests: readonly Descriptor[]): string {
  const mediaType = manifests[0]?.mediaType === OCI_MANIFEST ? OCI_INDEX : DOCKER_LIST;
  const entries = manifests.map(({ mediaType: type, size, digest, platform }) => ({
    mediaType: type,
    size,
    digest,
    platform: inOrder(platform),
  }));
  return JSON.stringify({ schemaVersion: 2, mediaType, manifests: entries }, undefined, 3);
}

async function verboseList(context: CommandContext, list: Reference, manifests: readonly Descriptor[]): Promise<string> {
  const all: string[] = [];
  for (const { digest, platform } of manifests) {
    const reference = { ...list, digest };
    all.push(await verboseText(context, reference, await manifestText(context, reference), inOrder(platform)));
  }
  return indentJson(`[${all.join(',')}]`, '\t');
}

/** A manifest with where it is, its size and its bytes, as one line of JSON. */
async function verboseText(context: CommandContext, reference: Reference, text: string, platform?: Platform): Promise<string> {
  const { Descriptor, Platforms } = await ask(context, reference, async (path, headers) =>
    (await context.api()).get<DistributionInspect>(`${path}/json`, { headers }),
  );
  const descriptor = {
    mediaType: Descriptor.mediaType,
    digest: Descriptor.digest,
    size: Descriptor.size,
    platform: platform ?? inOrder(Platforms[0]),
  };
  const kind = Descriptor.mediaType === OCI_MANIFEST ? 'OCIManifest' : 'SchemaV2Manifest';
  const raw = base64(new TextEncoder().encode(text));
  return `{"Ref":${JSON.stringify(fullString(reference))},"Descriptor":${JSON.stringify(descriptor)},"Raw":"${raw}","${kind}":${text}}`;
}

function manifestText(context: CommandContext, reference: Reference): Promise<string> {
  return ask(context, reference, async (path, headers) => responseText(await context.api(), `${path}/manifest`, { headers }));
}

/** @throws Error `no such manifest: …` when the registry has none */
async function ask<T>(
  context: CommandContext,
  reference: Reference,
  request: (path: string, headers: Record<string, string>) => Promise<T>,
): Promise<T> {
  try {
    const name = reference.digest === undefined ? fullString(reference) : `${fullName(reference)}@${reference.digest}`;
    return await request(`/distribution/${name}`, await registryAuth(context, reference));
  } catch (error) {
    if (error instanceof ApiError && error.status === 404)
      throw new ExitError(1, `no such manifest: ${fullString(reference)}`, { cause: error });
    throw error;
  }
}

/** In the order in which Go writes it. */
function inOrder(platform?: Platform): Platform {
  const { architecture = '', os = '', variant } = platform ?? {};
  return {
    architecture,
    os,
    ...(platform?.['os.version'] && { 'os.version': platform['os.version'] }),
    ...(platform?.['os.features'] && { 'os.features': platform['os.features'] }),
    ...(variant && { variant }),
  };
}
