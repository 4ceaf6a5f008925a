/**
 * `docker search` over the registry shipped with the app: what its repositories are called and say of themselves. Docker
 * Hub, which Docker would ask, cannot be reached from here.
 * Source: moby registry/search.go.
 */
import { EngineError } from '../errors.ts';
import { type Filters } from '../filters.ts';
import { parseImageConfig } from '../oci/image-config.ts';
import { matching } from '../oci/manifest.ts';
import { familiarName, parseNormalizedNamed, withDigest, type Reference } from '../oci/reference.ts';
import type { Images } from './images.ts';
import { hostPlatform } from './platform.ts';
import { RegistryClient } from './registry-client.ts';

export interface FoundRepository {
  /** `busybox`, `team/app`. */
  name: string;
  description: string;
  /** Nobody counts them here. */
  starCount: number;
  /** One of Docker's own images, named `library/…` in full. */
  isOfficial: boolean;
}

export interface SearchRequest {
  term: string;
  /** 0 for Docker's own limit. */
  limit: number;
  filters: Filters;
}

const defaultLimit = 25;
const maxLimit = 100;
const descriptionLabel = 'org.opencontainers.image.description';
const officialPrefix = 'library/';

export async function searchImages(images: Images, { term, limit, filters }: SearchRequest): Promise<FoundRepository[]> {
  filters.validate(['is-automated', 'is-official', 'stars']);
  if (filters.flag('is-automated', false)) return [];
  const official = filters.has('is-official') ? filters.flag('is-official', false) : undefined;
  const stars = Math.max(0, ...filters.get('stars').map(starsOf));
  const wanted = searchTerm(term);
  if (limit !== 0 && (limit < 1 || limit > maxLimit))
    throw new EngineError('invalid-parameter', `limit ${limit} is outside the range of [1, ${maxLimit}]`);

  const repositories = await images.ports.registry.shipped();
  const all = await Promise.all(repositories.map((name) => describe(images, name)));
  const matches = (text: string): boolean => text.toLowerCase().includes(wanted);
  const found = all
    .filter(({ name, description }) => matches(name) || matches(description))
    .sort((a, b) => rank(b, wanted) - rank(a, wanted) || (a.name < b.name ? -1 : 1));
  if (found.length === 0) {
    const names = all.map(({ name }) => name).sort();
    throw new EngineError('unavailable', `Docker Hub cannot be searched from here. Images available: ${names.join(', ')}`);
  }
  return found
    .slice(0, limit || defaultLimit)
    .filter(({ isOfficial, starCount }) => (official === undefined || isOfficial === official) && starCount >= stars);
}

/** What is looked for: a part of a name. */
function searchTerm(term: string): string {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(term))
    throw new EngineError('invalid-parameter', `invalid repository name: repository name (${term}) should not have a scheme`);
  const [first = '', ...rest] = term.split('/');
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  if (isHost && first !== 'docker.io')
    throw new EngineError('unavailable', `${first} cannot be searched: registries have no search, only Docker Hub has`);
  const remote = (isHost ? rest.join('/') : term).toLowerCase();
  return remote.startsWith(officialPrefix) ? remote.slice(officialPrefix.length) : remote;
}

/** The name itself comes first, then names that begin so. */
function rank({ name }: FoundRepository, wanted: string): number {
  return name === wanted ? 3 : name.startsWith(wanted) ? 2 : name.includes(wanted) ? 1 : 0;
}

function starsOf(text: string): number {
  if (/^[+-]?\d+$/.test(text)) return Number(text);
  throw new EngineError(
    'invalid-parameter',
    `invalid filter 'stars=${text}': strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`,
  );
}

async function describe(images: Images, repository: string): Promise<FoundRepository> {
  const reference = parseNormalizedNamed(`docker.io/${repository}`);
  const description = await labelOf(images, reference).catch(() => '');
  return { name: familiarName(reference), description, starCount: 0, isOfficial: repository.startsWith(officialPrefix) };
}

async function labelOf(images: Images, reference: Reference): Promise<string> {
  const client = new RegistryClient(images.ports, reference);
  const tags = await client.tags();
  const { manifest } = await client.manifest({ ...reference, tag: tags.includes('latest') ? 'latest' : tags[0] });
  const chosen = manifest.kind === 'index' ? matching(manifest, hostPlatform)[0] : undefined;
  const inner = chosen ? (await client.manifest(withDigest(reference, chosen.digest))).manifest : manifest;
  if (inner.kind !== 'manifest') return '';
  return parseImageConfig(await client.config(inner.config)).config?.Labels?.[descriptionLabel] ?? '';
}
