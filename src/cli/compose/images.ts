/** Lists the images of a project's containers. Source: docker/compose 2.26.1 cmd/compose/images.go, pkg/compose/images.go. */
import type { ImageInspect } from '#engine/api/types/image.ts';
import { familiarName, parseNormalizedNamed } from '#engine/oci/reference.ts';
import type { Command, CommandContext } from '../command.ts';
import { alignColumns } from '../format/tabwriter.ts';
import { truncateId } from '../format/text.ts';
import { addFilter, filtersParameter } from '../options/filter.ts';
import { humanSizeWithPrecision } from '../units/size.ts';
import { PROJECT_LABEL } from './labels.ts';
import { LIST_TABLE, listJson } from './list-output.ts';
import { compareStrings } from './load/model.ts';
import { projectName } from './named-project.ts';
import { nameOf, serviceOf } from './project-containers.ts';
import type { ContainerSummary } from '#engine/api/types/container.ts';
import { ComposeError } from './compose-error.ts';

interface ContainerImage {
  ID: string;
  ContainerName: string;
  Repository: string;
  Tag: string;
  Size: number;
}

/** @cli  Y  docker compose images  "List images used by the created containers" */
export const images: Command = {
  path: ['compose', 'images'],
  async run(context) {
    const { flags, out } = context;
    const listed = await imagesOf(context, await projectName(context));
    if (flags.bool('quiet')) {
      const ids = new Set(listed.map(({ ID }) => ID.slice(ID.indexOf(':') + 1)));
      return out([...ids].map((id) => `${id}\n`).join(''));
    }
    const found = listed.sort((a, b) => compareStrings(a.ContainerName, b.ContainerName));
    const format = flags.string('format');
    if (format === 'json') return out(listJson(found));
    if (format !== 'table' && format !== '')
      throw new ComposeError(`format value ${JSON.stringify(format)} could not be parsed: parsing failed`);
    const lines = found.map(({ ID, ContainerName, Repository, Tag, Size }) =>
      [ContainerName, Repository || '<none>', Tag || '<none>', truncateId(ID), `${humanSizeWithPrecision(Size, 3)}\n`].join('\t'),
    );
    await out(alignColumns(`CONTAINER\tREPOSITORY\tTAG\tIMAGE ID\tSIZE\n${lines.join('')}`, LIST_TABLE));
  },
};

/** In the daemon's order. */
async function imagesOf(context: CommandContext, project: string): Promise<ContainerImage[]> {
  const api = await context.api();
  const query = { all: 1, filters: filtersParameter(addFilter({}, 'label', `${PROJECT_LABEL}=${project}`)) };
  const all = await api.get<ContainerSummary[]>('/containers/json', { query });
  const containers = context.args.length === 0 ? all : all.filter((container) => context.args.includes(serviceOf(container)));
  const ids = [...new Set(containers.map(({ ImageID }) => ImageID ?? ''))];
  const inspected = await Promise.all(ids.map((id) => api.get<ImageInspect>(`/images/${id}/json`)));
  const byId = new Map(ids.map((id, index) => [id, inspected[index]!]));
  return containers.map((container) => describe(nameOf(container), byId.get(container.ImageID ?? '')!));
}

function describe(ContainerName: string, { Id, RepoTags, Size }: ImageInspect): ContainerImage {
  const [first] = RepoTags ?? [];
  const reference = first === undefined ? undefined : parseNormalizedNamed(first);
  return { ID: Id, ContainerName, Repository: reference ? familiarName(reference) : '', Tag: reference?.tag ?? '', Size };
}
