/** FakeRuntime's networks: what was asked for, in memory; ports of the node that something else has taken. */
import { EngineError } from '../../errors.ts';
import {
  type AnswerNames,
  type DefaultRoute,
  type EndpointPlan,
  type NameAnswer,
  type NetworkDevice,
  type NetworkSandbox,
  type Publication,
  PublishError,
} from '../network-plan.ts';

export interface FakeInterface extends EndpointPlan {
  containerId: string;
}

export class FakeNetworks {
  /** By name. */
  readonly devices = new Map<string, NetworkDevice>();
  /** Devices of the node that no network made. */
  readonly nodeDevices = new Set(['lo', 'eth0']);
  interfaces: FakeInterface[] = [];
  readonly publications = new Map<string, Publication>();
  /** Ports that processes of the node listen at. */
  readonly occupied = new Set<number>();
  readonly nameServers = new Set<string>();
  #answer: AnswerNames = () => ({ kind: 'failure' });

  start(containerId: string, plan: NetworkSandbox): void {
    if (plan.kind !== 'own') return;
    for (const endpoint of plan.endpoints) this.#add(containerId, endpoint);
    if (plan.nameServer) this.nameServers.add(containerId);
  }

  end(containerId: string): void {
    this.interfaces = this.interfaces.filter((each) => each.containerId !== containerId);
    this.nameServers.delete(containerId);
  }

  of(containerId: string): FakeInterface[] {
    return this.interfaces.filter((each) => each.containerId === containerId);
  }

  hasDevice(name: string): boolean {
    return this.nodeDevices.has(name) || this.devices.has(name);
  }

  connect(containerId: string, endpoint: EndpointPlan): void {
    if (this.of(containerId).some(({ interfaceName }) => interfaceName === endpoint.interfaceName))
      throw new EngineError('unknown', `interface ${endpoint.interfaceName} exists`);
    this.#add(containerId, endpoint);
  }

  disconnect(containerId: string, interfaceName: string): void {
    const kept = this.interfaces.filter((each) => each.containerId !== containerId || each.interfaceName !== interfaceName);
    if (kept.length === this.interfaces.length) throw new EngineError('unknown', `there is no interface ${interfaceName}`);
    this.interfaces = kept;
  }

  setDefaultRoute(containerId: string, route: { interfaceName: string; gateway: DefaultRoute } | undefined): void {
    for (const each of this.of(containerId)) {
      if (each.interfaceName === route?.interfaceName) each.gateway = route.gateway;
      else delete each.gateway;
    }
  }

  answerNames(answer: AnswerNames): void {
    this.#answer = answer;
  }

  /** What a program in a container learns of a name. */
  lookUp(containerId: string, name: string): NameAnswer {
    if (!this.nameServers.has(containerId)) return { kind: 'failure' };
    return this.#answer(containerId, { kind: 'address', name });
  }

  publish(publication: Publication): void {
    const taken = publication.ports.find(
      ({ hostPort, protocol }) =>
        this.occupied.has(hostPort) ||
        [...this.publications.values()].some(({ ports }) => ports.some((port) => port.hostPort === hostPort && port.protocol === protocol)),
    );
    if (taken) throw new PublishError(taken, 'address already in use');
    this.publications.set(publication.id, publication);
  }

  unpublish(id: string): void {
    this.publications.delete(id);
  }

  #add(containerId: string, endpoint: EndpointPlan): void {
    this.interfaces.push({ ...endpoint, containerId });
  }
}
