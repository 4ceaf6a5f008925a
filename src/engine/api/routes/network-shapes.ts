/** The shapes of network requests. Source: moby api/types/network, v28.2.2. */
import { type Shape, stringMap, strings } from '../shape.ts';

export const endpointShape: Shape = {
  struct: {
    IPAMConfig: { struct: { IPv4Address: 'string', IPv6Address: 'string', LinkLocalIPs: strings } },
    Links: strings,
    Aliases: strings,
    MacAddress: 'string',
    DriverOpts: stringMap,
    GwPriority: 'int',
    NetworkID: 'string',
    EndpointID: 'string',
    Gateway: 'string',
    IPAddress: 'string',
    IPPrefixLen: 'int',
    IPv6Gateway: 'string',
    GlobalIPv6Address: 'string',
    GlobalIPv6PrefixLen: 'int',
    DNSNames: strings,
  },
};

export const createNetworkShape: Shape = {
  struct: {
    Name: 'string',
    CheckDuplicate: 'bool',
    Driver: 'string',
    Scope: 'string',
    EnableIPv4: 'bool',
    EnableIPv6: 'bool',
    IPAM: {
      struct: {
        Driver: 'string',
        Options: stringMap,
        Config: { list: { struct: { Subnet: 'string', IPRange: 'string', Gateway: 'string', AuxiliaryAddresses: stringMap } } },
      },
    },
    Internal: 'bool',
    Attachable: 'bool',
    Ingress: 'bool',
    ConfigOnly: 'bool',
    ConfigFrom: { struct: { Network: 'string' } },
    Options: stringMap,
    Labels: stringMap,
  },
};

export const connectNetworkShape: Shape = { struct: { Container: 'string', EndpointConfig: endpointShape } };

export const disconnectNetworkShape: Shape = { struct: { Container: 'string', Force: 'bool' } };
