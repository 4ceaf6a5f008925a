/** Why a preview shows nothing: what was seen, and what of the containers may explain it. */
import type { ContainerSummary } from '#engine/api/types/container.ts';
import type { FailurePage } from '#preview/failure-page.ts';
import type { Failure } from '#preview/guest-http.ts';
import { exitCodeOf, nameOfContainer } from '../inspector/containers.ts';
import { publishedPorts } from './published-ports.ts';

export type PreviewFailure = Failure | 'not-published';

type Explained = Omit<FailurePage, 'theme'>;

export interface Circumstances {
  node: string;
  port: number;
  running: boolean;
  containers: readonly ContainerSummary[];
}

export function explainFailure(failure: PreviewFailure, about: Circumstances): Explained {
  const { node, port, running } = about;
  if (!running) {
    return {
      title: 'The machine is not running',
      says: `What listens on port ${port} of ${node} comes with the machine.`,
      reasons: [],
      next: 'The page comes by itself when the machine is back.',
    };
  }
  switch (failure) {
    case 'refused':
      return nothingListens(about);
    case 'not-published':
      return {
        title: `Port ${port} of ${node} is not published`,
        says: `A page asked for it, and no container publishes it.`,
        reasons: [`\`docker run -p ${port}:80 …\` publishes port 80 of a container as ${port}.`, ...othersPublished(about)],
        next: 'The page comes by itself when the port is published.',
      };
    case 'silent':
      return {
        title: `Port ${port} of ${node} closes the connection without an answer`,
        says: 'Something listens there, but it did not answer a request by HTTP.',
        reasons: [
          ...insideReasons(about),
          'It may not speak HTTP: databases have protocols and clients of their own.',
          'It may expect TLS, which a preview does not speak.',
        ],
        next: '',
      };
    case 'not-http':
      return {
        title: `Port ${port} of ${node} does not speak HTTP`,
        says: 'It answered, but not as a web server does.',
        reasons: [clientReason(about), 'It may expect TLS, which a preview does not speak.'],
        next: '',
      };
    case 'broken':
      return {
        title: `The connection to port ${port} of ${node} broke off`,
        says: 'There was no whole answer.',
        reasons: insideReasons(about),
        next: '',
      };
  }
}

function nothingListens(about: Circumstances): Explained {
  const { node, port, containers } = about;
  const publisher = publisherOf(about);
  const next = 'The page comes by itself as soon as something listens.';
  const title = `Nothing listens on port ${port} of ${node}`;
  if (publisher) {
    const { container, inside } = publisher;
    return {
      title,
      says: `\`${container}\` publishes it as its port ${inside}, but nothing in the container takes the connection.`,
      reasons: [`The program may still be starting: \`docker logs ${container}\` says how far it is.`, ...insideReasons(about)],
      next,
    };
  }
  const reasons: string[] = [];
  const ended = containers.find((one) => ['exited', 'dead', 'created'].includes(one.State));
  if (ended) {
    const name = nameOfContainer(ended);
    const code = exitCodeOf(ended);
    reasons.push(
      ended.State === 'created'
        ? `\`${name}\` was created but not started: \`docker start ${name}\` starts it.`
        : `A container that has ended publishes nothing. \`${name}\` has exited${code === undefined ? '' : ` with ${code}`}: \`docker logs ${name}\` says why.`,
    );
  }
  reasons.push(
    `A container’s port is reached from outside only when it is published: \`docker run -p ${port}:80 …\` publishes its port 80 as ${port}.`,
  );
  return {
    title,
    says: 'No container publishes it, and no other program of the node listens there.',
    reasons: [...reasons, ...othersPublished(about)],
    next,
  };
}

/** Of a published port whose connections are not answered. */
function insideReasons(about: Circumstances): string[] {
  const publisher = publisherOf(about);
  if (!publisher) return [];
  const { container, inside, port } = publisher;
  return [
    `It may listen on \`127.0.0.1\` inside the container, which only the container itself reaches: it has to listen on \`0.0.0.0\`.`,
    `It may listen on another port than ${inside}: then \`-p ${port}:…\` of \`${container}\` has to name that one.`,
  ];
}

function clientReason(about: Circumstances): string {
  const publisher = publisherOf(about);
  const client = publisher
    ? `\`docker exec -it ${publisher.container} …\` runs the client that is in the container.`
    : 'Use its own client in the terminal.';
  return `Databases and caches have protocols of their own. ${client}`;
}

function othersPublished({ containers }: Circumstances): string[] {
  const others = publishedPorts(containers).filter(({ protocol }) => protocol === 'tcp');
  if (others.length === 0) return [];
  return [
    `What is published: ${others
      .slice(0, 6)
      .map(({ port, container }) => `\`${port}\` of ${container}`)
      .join(', ')}${others.length > 6 ? ' and others' : ''}.`,
  ];
}

function publisherOf({ port, containers }: Circumstances) {
  return publishedPorts(containers).find((one) => one.port === port && one.protocol === 'tcp');
}
