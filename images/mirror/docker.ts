// Docker's own repository in small: the packages docker-ce and docker-ce-cli in every version that there is (images/packages).

import { sha256 } from '../part.ts';
import { controlText, dockerArchitecture, dockerPackages, packageBytes, packagesModified } from '../packages/docker.ts';
import type { MirrorFile } from './content.ts';

const suite = 'linux/debian/dists/bookworm';
const pool = `${suite}/pool/stable/${dockerArchitecture}`;

export function dockerContent(): { files: MirrorFile[]; chosen: string[] } {
  const debs = dockerPackages.map((built) => {
    const { name, version, control } = built;
    const bytes = packageBytes(built);
    // As the archive names it: without the version's epoch.
    const below = `${pool.slice('linux/debian/'.length)}/${name}_${version.replace(/^\d+:/, '')}_${dockerArchitecture}.deb`;
    const { Description = '', ...fields } = control;
    const place = { Filename: below, Size: String(bytes.length), SHA256: sha256(bytes), Description };
    return { path: `docker/linux/debian/${below}`, bytes, stanza: controlText({ ...fields, ...place }) };
  });
  const list = Buffer.from(debs.map(({ stanza }) => stanza).join('\n'));
  const listName = `stable/binary-${dockerArchitecture}/Packages`;
  const release = controlText({
    Origin: 'Docker',
    Label: 'Docker CE',
    Suite: 'bookworm',
    Codename: 'bookworm',
    Date: new Date(packagesModified * 1000).toUTCString().replace('GMT', 'UTC'),
    Architectures: dockerArchitecture,
    Components: 'stable',
  });
  const files = [
    { path: `docker/${suite}/Release`, bytes: Buffer.from(`${release}SHA256:\n ${sha256(list)} ${list.length} ${listName}\n`) },
    { path: `docker/${suite}/${listName}`, bytes: list },
    ...debs.map(({ path, bytes }) => ({ path, bytes })),
  ].map((file) => ({ ...file, modified: packagesModified }));
  return { files, chosen: [...new Set(dockerPackages.map(({ name }) => name))] };
}
