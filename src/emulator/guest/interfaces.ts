/**
 * Interfaces of containers: the messages that put one into a network namespace, with its address and its way out, and
 * that take it away. Pure: it only makes lists of operations.
 */
import { assert } from '#engine/assert.ts';
import type { DefaultRoute, EndpointPlan } from '#engine/runtime/network-plan.ts';
import { netlink, type Op } from '#emulator/agent/ops.ts';
import {
  defaultRoute,
  deleteDefaultRoute,
  deleteLink,
  type InterfaceInside,
  linkUp,
  netlinkBatch,
  type NetlinkBatch,
  NETLINK_ROUTE,
  newAddress,
  newIpvlan,
  newMacvlan,
  newVeth,
  withoutIpv6,
} from './netlink.ts';

/** A device of the node that an interface is made of. */
export interface Device {
  index: number;
  mtu?: number;
}

/** An interface to be, and the numbers that were chosen for it. */
export interface NumberedEndpoint {
  plan: EndpointPlan;
  device: Device;
  /** In the container's namespace. */
  index: number;
  /** Of its other end in the node, when it has one. */
  outside: number;
}

const ESRCH = 3;

/** Name of a veth's end in the node. */
export function vethName(index: number): string {
  return `veth${index.toString(16).padStart(7, '0')}`;
}

/** Connects a network namespace: in the node the pairs or slaves of its devices, in the namespace addresses and routes. */
export function connectSandbox(namespace: string, endpoints: readonly NumberedEndpoint[]): Op[] {
  if (endpoints.length === 0) return [];
  const links = endpoints.map((endpoint) => newInterface(namespace, endpoint));
  const inside = endpoints.flatMap(({ plan, index }) => [
    newAddress(index, plan.ipv4),
    withoutIpv6(index),
    linkUp(index),
    ...(plan.gateway === undefined ? [] : [routeBy(index, plan.gateway)]),
  ]);
  return [netlink(NETLINK_ROUTE, '', netlinkBatch(...links)), netlink(NETLINK_ROUTE, namespace, netlinkBatch(...inside))];
}

export function removeInterface(namespace: string, name: string): Op {
  return netlink(NETLINK_ROUTE, namespace, deleteLink(name));
}

/** @param route undefined: none any more */
export function changeDefaultRoute(namespace: string, route: { index: number; gateway: DefaultRoute } | undefined): Op[] {
  const remove = netlink(NETLINK_ROUTE, namespace, deleteDefaultRoute(), { tolerate: [ESRCH] });
  return route ? [remove, netlink(NETLINK_ROUTE, namespace, routeBy(route.index, route.gateway))] : [remove];
}

function newInterface(namespace: string, { plan, device, index, outside }: NumberedEndpoint): NetlinkBatch {
  const { link, interfaceName: name, macAddress } = plan;
  const inside: InterfaceInside = { name, index, macAddress, namespace };
  switch (link.kind) {
    case 'bridge':
      assert(macAddress !== '', 'an interface on a bridge has a hardware address');
      return newVeth({ name: vethName(outside), index: outside, master: device.index, mtu: device.mtu, peer: inside });
    case 'macvlan':
      return newMacvlan(inside, device.index, link.mode);
    case 'ipvlan':
      return newIpvlan(inside, device.index, link.mode, link.flag);
  }
}

function routeBy(index: number, gateway: DefaultRoute): NetlinkBatch {
  return defaultRoute(index, gateway === 'interface' ? undefined : gateway.via);
}
