/**
 * The Go types into which Docker's client reads inspected objects. Templates see them: `.ID` where JSON
 * has `Id`, `join` on a list of strings, `map[80/tcp:[{0.0.0.0 8080}]]` for what is printed whole.
 * A field is `Name type`, or `Name:jsonKey type` where the two differ (`-`: not in JSON); with `?` JSON leaves it out when empty.
 * `+ type` embeds a struct: its fields are this one's too, but it prints as a struct of its own.
 * `any` is read as it comes and written as it came; `interface{}` has its keys sorted, as maps have.
 * Source: moby v28.2.2 api/types, docker-image-spec, go-connections/nat.
 */
import {
  compareStrings,
  fromJson,
  GoInteger,
  GoList,
  GoMap,
  GoStruct,
  GoTime,
  isTrue,
  Nil,
  type GoMethod,
  type GoValue,
} from '../format/gotemplate/value.ts';
import { ADDRESS } from '../format/gotemplate/print.ts';
import { goJson, plainJson } from '../format/gotemplate/json.ts';

const STRUCTS = {
  'container.InspectResponse': `+ *container.ContainerJSONBase, Mounts []container.MountPoint, Config *container.Config,
    NetworkSettings *container.NetworkSettings, ImageManifestDescriptor *any?`,
  'container.ContainerJSONBase': `ID:Id string, Created string, Path string, Args []string, State *container.State, Image string,
    ResolvConfPath string, HostnamePath string, HostsPath string, LogPath string, Name string, RestartCount int, Driver string,
    Platform string, MountLabel string, ProcessLabel string, AppArmorProfile string, ExecIDs []string,
    HostConfig *container.HostConfig, GraphDriver storage.DriverData, SizeRw *int64?, SizeRootFs *int64?`,
  'container.State': `Status string, Running bool, Paused bool, Restarting bool, OOMKilled bool, Dead bool, Pid int, ExitCode int,
    Error string, StartedAt string, FinishedAt string, Health *container.Health?`,
  'container.Health': `Status string, FailingStreak int, Log []*container.HealthcheckResult`,
  'container.HealthcheckResult': `Start time.Time, End time.Time, ExitCode int, Output string`,
  'storage.DriverData': `Data map[string]string, Name string`,
  'container.MountPoint': `Type string?, Name string?, Source string, Destination string, Driver string?, Mode string, RW bool, Propagation string`,
  'container.Config': `Hostname string, Domainname string, User string, AttachStdin bool, AttachStdout bool, AttachStderr bool,
    ExposedPorts map[nat.Port]struct{}?, Tty bool, OpenStdin bool, StdinOnce bool, Env []string, Cmd []string,
    Healthcheck *container.HealthConfig?, ArgsEscaped bool?, Image string, Volumes map[string]struct{}, WorkingDir string,
    Entrypoint []string, NetworkDisabled bool?, MacAddress string?, OnBuild []string, Labels map[string]string, StopSignal string?,
    StopTimeout *int?, Shell []string?`,
  'container.HealthConfig': `Test []string?, Interval time.Duration?, Timeout time.Duration?, StartPeriod time.Duration?,
    StartInterval time.Duration?, Retries int?`,
  'container.HostConfig': `Binds []string, ContainerIDFile string, LogConfig container.LogConfig, NetworkMode string,
    PortBindings map[nat.Port][]nat.PortBinding, RestartPolicy container.RestartPolicy, AutoRemove bool, VolumeDriver string,
    VolumesFrom []string, ConsoleSize []uint, Annotations map[string]string?, CapAdd []string, CapDrop []string, CgroupnsMode string,
    DNS:Dns []string, DNSOptions:DnsOptions []string, DNSSearch:DnsSearch []string, ExtraHosts []string, GroupAdd []string,
    IpcMode string, Cgroup string, Links []string, OomScoreAdj int, PidMode string, Privileged bool, PublishAllPorts bool,
    ReadonlyRootfs bool, SecurityOpt []string, StorageOpt map[string]string?, Tmpfs map[string]string?, UTSMode string,
    UsernsMode string, ShmSize int64, Sysctls map[string]string?, Runtime string?, Isolation string, + container.Resources,
    Mounts []mount.Mount?, MaskedPaths []string, ReadonlyPaths []string, Init *bool?`,
  'container.Resources': `CPUShares:CpuShares int64,
    Memory int64, NanoCPUs:NanoCpus int64, CgroupParent string, BlkioWeight uint16, BlkioWeightDevice []*blkiodev.WeightDevice,
    BlkioDeviceReadBps []*blkiodev.ThrottleDevice, BlkioDeviceWriteBps []*blkiodev.ThrottleDevice,
    BlkioDeviceReadIOps []*blkiodev.ThrottleDevice, BlkioDeviceWriteIOps []*blkiodev.ThrottleDevice, CPUPeriod:CpuPeriod int64,
    CPUQuota:CpuQuota int64, CPURealtimePeriod:CpuRealtimePeriod int64, CPURealtimeRuntime:CpuRealtimeRuntime int64,
    CpusetCpus string, CpusetMems string, Devices []container.DeviceMapping, DeviceCgroupRules []string, DeviceRequests []container.DeviceRequest,
    KernelMemory int64?, KernelMemoryTCP int64?, MemoryReservation int64, MemorySwap int64, MemorySwappiness *int64,
    OomKillDisable *bool, PidsLimit *int64, Ulimits []*units.Ulimit, CPUCount:CpuCount int64, CPUPercent:CpuPercent int64,
    IOMaximumIOps uint64, IOMaximumBandwidth uint64`,
  'container.LogConfig': `Type string, Config map[string]string`,
  'container.RestartPolicy': `Name string, MaximumRetryCount int`,
  'container.DeviceMapping': `PathOnHost string, PathInContainer string, CgroupPermissions string`,
  'container.DeviceRequest': `Driver string, Count int, DeviceIDs []string, Capabilities [][]string, Options map[string]string`,
  'blkiodev.WeightDevice': `Path string, Weight uint16`,
  'blkiodev.ThrottleDevice': `Path string, Rate uint64`,
  'units.Ulimit': `Name string, Hard int64, Soft int64`,
  'mount.Mount': `Type string?, Source string?, Target string?, ReadOnly bool?, Consistency string?, BindOptions any?, VolumeOptions any?,
    ImageOptions any?, TmpfsOptions any?, ClusterOptions any?`,
  'nat.PortBinding': `HostIP:HostIp string, HostPort string`,
  'container.NetworkSettings': `+ container.NetworkSettingsBase, + container.DefaultNetworkSettings,
    Networks map[string]*network.EndpointSettings`,
  'container.NetworkSettingsBase': `Bridge string, SandboxID string, SandboxKey string, Ports map[nat.Port][]nat.PortBinding,
    HairpinMode bool, LinkLocalIPv6Address string, LinkLocalIPv6PrefixLen int, SecondaryIPAddresses []any,
    SecondaryIPv6Addresses []any`,
  'container.DefaultNetworkSettings': `EndpointID string, Gateway string, GlobalIPv6Address string, GlobalIPv6PrefixLen int,
    IPAddress string, IPPrefixLen int, IPv6Gateway string, MacAddress string`,
  'network.EndpointSettings': `IPAMConfig *network.EndpointIPAMConfig, Links []string, Aliases []string, MacAddress string,
    DriverOpts map[string]string, GwPriority int, NetworkID string, EndpointID string, Gateway string, IPAddress string,
    IPPrefixLen int, IPv6Gateway string, GlobalIPv6Address string, GlobalIPv6PrefixLen int, DNSNames []string`,
  'network.EndpointIPAMConfig': `IPv4Address string?, IPv6Address string?, LinkLocalIPs []string?`,
  'image.InspectResponse': `ID:Id string, RepoTags []string, RepoDigests []string, Parent string, Comment string, Created string?,
    Container string?, DockerVersion string, Author string, Config *dockerspec.DockerOCIImageConfig, Architecture string,
    Variant string?, Os string, OsVersion string?, Size int64, VirtualSize int64?, GraphDriver storage.DriverData, RootFS image.RootFS,
    Metadata image.Metadata, Descriptor any?, Manifests []any?`,
  'dockerspec.DockerOCIImageConfig': `+ ocispec.ImageConfig, + dockerspec.DockerOCIImageConfigExt`,
  'ocispec.ImageConfig': `User string?, ExposedPorts map[string]struct{}?, Env []string?, Entrypoint []string?, Cmd []string?,
    Volumes map[string]struct{}?, WorkingDir string?, Labels map[string]string?, StopSignal string?, ArgsEscaped bool?`,
  'dockerspec.DockerOCIImageConfigExt': `Healthcheck *container.HealthConfig?, OnBuild []string?, Shell []string?`,
  'image.RootFS': `Type string?, Layers []string?`,
  'image.Metadata': `LastTagTime time.Time?`,
  'network.Inspect': `Name string, ID:Id string, Created time.Time, Scope string, Driver string, EnableIPv4 bool, EnableIPv6 bool,
    IPAM network.IPAM, Internal bool, Attachable bool, Ingress bool, ConfigFrom network.ConfigReference, ConfigOnly bool,
    Containers map[string]network.EndpointResource, Options map[string]string, Labels map[string]string, Peers []any?, Services map[string]any?`,
  'network.IPAM': `Driver string, Options map[string]string, Config []network.IPAMConfig`,
  'network.IPAMConfig': `Subnet string?, IPRange string?, Gateway string?, AuxAddress:AuxiliaryAddresses map[string]string?`,
  'network.ConfigReference': `Network string`,
  'network.EndpointResource': `Name string, EndpointID string, MacAddress string, IPv4Address string, IPv6Address string`,
  'volume.Volume': `ClusterVolume *volume.ClusterVolume?, CreatedAt string?, Driver string, Labels map[string]string, Mountpoint string, Name string,
    Options map[string]string, Scope string, Status map[string]interface{}?, UsageData *volume.UsageData?`,
  'volume.UsageData': `RefCount int64, Size int64`,
  'volume.ClusterVolume': `ID string, + swarm.Meta, Spec volume.ClusterVolumeSpec, PublishStatus []*volume.PublishStatus?, Info *volume.Info?`,
  'swarm.Meta': `Version swarm.Version?, CreatedAt time.Time?, UpdatedAt time.Time?`,
  'swarm.Version': `Index uint64?`,
  'volume.ClusterVolumeSpec': `Group string?, AccessMode *volume.AccessMode?, AccessibilityRequirements *volume.TopologyRequirement?,
    CapacityRange *volume.CapacityRange?, Secrets []volume.Secret?, Availability string?`,
  'volume.AccessMode': `Scope string?, Sharing string?, MountVolume *volume.TypeMount?, BlockVolume *volume.TypeBlock?`,
  'volume.TypeMount': `FsType string?, MountFlags []string?`,
  'volume.TypeBlock': ``,
  'volume.TopologyRequirement': `Requisite []volume.Topology?, Preferred []volume.Topology?`,
  'volume.Topology': `Segments map[string]string?`,
  'volume.CapacityRange': `RequiredBytes int64, LimitBytes int64`,
  'volume.Secret': `Key string, Secret string`,
  'volume.PublishStatus': `NodeID string?, State string?, PublishContext map[string]string?`,
  'volume.Info': `CapacityBytes int64?, VolumeContext map[string]string?, VolumeID string?, AccessibleTopology []volume.Topology?`,
  'types.Plugin': `Config types.PluginConfig, Enabled bool, ID:Id string?, Name string, PluginReference string?, Settings types.PluginSettings`,
  'types.PluginConfig': `Args types.PluginConfigArgs, Description string, DockerVersion string?, Documentation string, Entrypoint []string,
    Env []any, Interface types.PluginConfigInterface, IpcHost bool, Linux types.PluginConfigLinux, Mounts []any,
    Network types.PluginConfigNetwork, PidHost bool, PropagatedMount string, User any?, WorkDir string, Rootfs:rootfs any?`,
  'types.PluginConfigArgs': `Description string, Name string, Settable []string, Value []string`,
  'types.PluginConfigInterface': `ProtocolScheme string?, Socket string, Types []string`,
  'types.PluginConfigLinux': `AllowAllDevices bool, Capabilities []string, Devices []any`,
  'types.PluginConfigNetwork': `Type string`,
  'types.PluginSettings': `Args []string, Devices []any, Env []string, Mounts []any`,
  'context.contextWithTLSListing': `+ store.Metadata, TLSMaterial map[string][]string, Storage store.StorageInfo`,
  'store.Metadata': `Name string?, Metadata command.DockerContext?, Endpoints store.Endpoints?`,
  'command.DockerContext': `Description string, AdditionalFields map[string]any`,
  'context.EndpointMetaBase': `Host string?, SkipTLSVerify bool`,
  'store.StorageInfo': `MetadataPath string, TLSPath string`,
  'formatter.Platform': `+ ocispec.Platform`,
  'ocispec.Platform': `Architecture:architecture string, OS:os string, OSVersion:os.version string?, OSFeatures:os.features []string?,
    Variant:variant string?`,
  'system.dockerInfo': `+ *system.Info, ServerErrors []string?, UserName:- string, ClientInfo *system.clientInfo?, ClientErrors []string?`,
  'system.Info': `ID string, Containers int, ContainersRunning int, ContainersPaused int, ContainersStopped int, Images int,
    Driver string, DriverStatus [][]string, SystemStatus [][]string?, Plugins system.PluginsInfo, MemoryLimit bool, SwapLimit bool,
    KernelMemory bool?, KernelMemoryTCP bool?, CPUCfsPeriod:CpuCfsPeriod bool, CPUCfsQuota:CpuCfsQuota bool, CPUShares bool, CPUSet bool,
    PidsLimit bool, IPv4Forwarding bool, BridgeNfIptables bool?, BridgeNfIP6tables:BridgeNfIp6tables bool?, Debug bool, NFd int,
    OomKillDisable bool, NGoroutines int, SystemTime string, LoggingDriver string, CgroupDriver string, CgroupVersion string?,
    NEventsListener int, KernelVersion string, OperatingSystem string, OSVersion string, OSType string, Architecture string,
    IndexServerAddress string, RegistryConfig *registry.ServiceConfig, NCPU int, MemTotal int64, GenericResources []any,
    DockerRootDir string, HTTPProxy:HttpProxy string, HTTPSProxy:HttpsProxy string, NoProxy string, Name string, Labels []string,
    ExperimentalBuild bool, ServerVersion string, Runtimes map[string]system.RuntimeWithStatus, DefaultRuntime string,
    Swarm swarm.Info, LiveRestoreEnabled bool, Isolation string, InitBinary string, ContainerdCommit system.Commit,
    RuncCommit system.Commit, InitCommit system.Commit, SecurityOptions []string, ProductLicense string?, DefaultAddressPools []any?,
    FirewallBackend any?, CDISpecDirs []string, DiscoveredDevices []any?, Containerd any?, Warnings []string`,
  'system.PluginsInfo': `Volume []string, Network []string, Authorization []string, Log []string`,
  'registry.ServiceConfig': `AllowNondistributableArtifactsCIDRs []string?, AllowNondistributableArtifactsHostnames []string?,
    InsecureRegistryCIDRs []string, IndexConfigs map[string]*registry.IndexInfo, Mirrors []string, ExtraFields:- map[string]any?`,
  'registry.IndexInfo': `Name string, Mirrors []string, Secure bool, Official bool`,
  'system.RuntimeWithStatus': `+ system.Runtime, Status:status map[string]string?`,
  'system.Runtime': `Path:path string?, Args:runtimeArgs []string?, Type:runtimeType string?, Options:options map[string]any?`,
  'system.Commit': `ID string`,
  'system.sparseInfo': `ClientInfo *system.clientInfo`,
  'system.clientInfo': `Debug bool, Version string, DefaultAPIVersion string, GitCommit string, GoVersion string, Os string, Arch string, BuildTime string,
    Context string, Plugins []any, Warnings []string`,
  'swarm.Info': `NodeID string, NodeAddr string, LocalNodeState string, ControlAvailable bool, Error string, RemoteManagers []swarm.Peer,
    Nodes int?, Managers int?, Cluster *any?, Warnings []string?`,
  'swarm.Peer': `NodeID string, Addr string`,
  'system.versionInfo': `Client system.clientVersion, Server *types.Version`,
  'system.clientVersion': `Platform *any?, Version string, APIVersion:ApiVersion string, DefaultAPIVersion string, GitCommit string,
    GoVersion string, Os string, Arch string, BuildTime string, Context string`,
  'types.Version': `Platform types.platform, Components []types.ComponentVersion, Version string, APIVersion:ApiVersion string,
    MinAPIVersion string?, GitCommit string, GoVersion string, Os string, Arch string, KernelVersion string?, Experimental bool?, BuildTime string?`,
  'types.platform': `Name string`,
  'types.ComponentVersion': `Name string, Version string, Details map[string]string?`,
  'events.Message': `Status:status string?, ID:id string?, From:from string?, Type string, Action string, Actor events.Actor,
    Scope:scope string?, Time:time int64?, TimeNano:timeNano int64?`,
  'api.PortPublisher': `URL string, TargetPort int, PublishedPort int, Protocol string`,
  'events.Actor': `ID string, Attributes map[string]string`,
} as const;

export type GoTypeName = keyof typeof STRUCTS | 'any';

const INTEGERS = new Set(['int', 'int64', 'uint', 'uint16', 'uint64', 'time.Duration']);

interface Field {
  name: string;
  key: string;
  type: string;
  omitEmpty: boolean;
  /** Its fields stand in the same document. */
  embedded: boolean;
}

/** What the `String` methods of structs print. */
const STRING_METHODS: Record<string, (document: Document) => string> = {
  'units.Ulimit': ({ Name, Soft, Hard }) => `${String(Name)}=${String(Soft)}:${String(Hard)}`,
  'formatter.Platform': platformText,
  'blkiodev.WeightDevice': ({ Path, Weight }) => `${String(Path)}:${String(Weight)}`,
  'blkiodev.ThrottleDevice': ({ Path, Rate }) => `${String(Path)}:${String(Rate)}`,
};

/** `linux/arm/v7`, `windows(10.0.1)/amd64`. */
function platformText({ os, architecture, variant, 'os.version': version }: Document): string {
  if (!os) return 'unknown';
  return [version ? `${String(os)}(${String(version)})` : os, architecture, variant].filter(Boolean).join('/');
}

/** What the `MarshalJSON` methods of structs write. */
const JSON_METHODS: Record<string, (document: Document) => string> = {
  'command.DockerContext': ({ Description, AdditionalFields }) =>
    goJson(fromJson({ ...(Description !== '' && { Description }), ...(AdditionalFields as Document) })),
};

/** Structs that Docker writes as a JSON map, so that their keys are sorted. */
const SORTED = new Set(['registry.ServiceConfig', 'registry.IndexInfo']);

const fieldsOf = new Map<string, Field[]>();

/** A document as the given Go type; what it lacks is that type's zero. */
export function typed(type: GoTypeName | string, value: unknown): GoValue {
  if (type === 'any' || type === 'interface{}') return fromJson(value);
  if (type.startsWith('*')) {
    if (value === null || value === undefined) return new Nil('pointer', type);
    const target = type.slice(1);
    return Object.hasOwn(STRUCTS, target) ? new TypedStruct(target, value as Document, type) : typed(target, value);
  }
  if (type.startsWith('[]')) {
    const element = type.slice(2);
    if (!Array.isArray(value)) return new Nil('slice', type);
    return new GoList(
      value.map((one) => typed(element, one)),
      element === 'any' ? 'interface {}' : element,
    );
  }
  const [, keyType, element] = /^map\[([^\]]*)\](.*)$/.exec(type) ?? [];
  if (keyType !== undefined && element !== undefined) {
    if (value === null || value === undefined) return new Nil('map', type);
    const entries = Object.entries(value).map(([key, one]): [string, GoValue] => [key, typed(element, one)]);
    return new GoMap(new Map(entries), element === 'any' || element === 'interface{}' ? 'interface {}' : element, keyType);
  }
  return scalarOrStruct(type, value);
}

function scalarOrStruct(type: string, value: unknown): GoValue {
  switch (type) {
    case 'string':
      return typeof value === 'string' ? value : '';
    case 'bool':
      return value === true;
    case 'command.DockerContext':
      // In an interface, which may hold nothing.
      return value === undefined ? null : new TypedStruct(type, value as Document);
    case 'store.Endpoints':
      return endpoints((value ?? {}) as Document);
    case 'time.Time':
      return new GoTime(typeof value === 'string' ? value : '0001-01-01T00:00:00Z');
    default:
      if (INTEGERS.has(type)) return integer(type, typeof value === 'bigint' ? value : BigInt(Math.trunc(Number(value ?? 0))));
      return new TypedStruct(type, (value ?? {}) as Document);
  }
}

/** Those of a context: Docker knows what is in its own. */
function endpoints(document: Document): GoValue {
  const entries = Object.entries(document).map(([kind, one]): [string, GoValue] => [
    kind,
    kind === 'docker' ? typed('context.EndpointMetaBase', one) : fromJson(one),
  ]);
  return new GoMap(new Map(entries), 'interface {}');
}

function integer(type: string, value: bigint): GoValue {
  return type === 'int' ? value : new GoInteger(value, type as GoInteger['type']);
}

type Document = Record<string, unknown>;

class TypedStruct extends GoStruct {
  constructor(
    readonly struct: string,
    readonly document: Document,
    /** With a star when it is reached through a pointer. */
    readonly type = struct,
  ) {
    super();
  }

  lookup(name: string): { field: GoValue } | { method: GoMethod } | undefined {
    const fields = declared(this.struct);
    const own = fields.find((one) => one.name === name);
    if (own) return { field: this.#valueOf(own) };
    for (const field of fields) {
      const embedded = field.embedded ? this.#valueOf(field) : undefined;
      const found = embedded instanceof TypedStruct ? embedded.lookup(name) : undefined;
      if (found) return found;
    }
    return undefined;
  }

  fields(): [string, GoValue][] {
    return declared(this.struct).map((field) => {
      const value = this.#valueOf(field);
      // Printed with its struct, a pointer to a number or a flag is an address.
      const isAddress = field.type.startsWith('*') && !(value instanceof GoStruct || value instanceof Nil || value === null);
      return [field.name, isAddress ? ADDRESS : value];
    });
  }

  /** As Go would write it: every field, also what the daemon left out, but for empty ones marked so. */
  toJson(): string {
    const own = JSON_METHODS[this.struct]?.(this.document);
    if (own !== undefined) return own;
    const members = this.#members();
    if (SORTED.has(this.struct)) members.sort(([a], [b]) => compareStrings(a, b));
    return `{${members.map(([key, json]) => `${plainJson(key)}:${json}`).join(',')}}`;
  }

  override string(): string | undefined {
    return STRING_METHODS[this.struct]?.(this.document);
  }

  #members(): [key: string, json: string][] {
    return declared(this.struct).flatMap((field): [string, string][] => {
      const { key, type, omitEmpty, embedded } = field;
      const value = this.#valueOf(field);
      if (embedded) return value instanceof TypedStruct ? value.#members() : [];
      if (key === '-' || (omitEmpty && isEmpty(value))) return [];
      // What is inside an `any` is a struct of its own, with its keys in their order.
      return [[key, type.endsWith('any') ? plainJson(this.document[key] ?? null) : goJson(value)]];
    });
  }

  #valueOf({ type, key, embedded }: Field): GoValue {
    return typed(type, embedded ? this.document : this.document[key]);
  }
}

/** What `omitempty` leaves out. */
function isEmpty(value: GoValue): boolean {
  return !(value instanceof GoStruct || value instanceof GoTime) && !isTrue(value);
}

function declared(type: string): Field[] {
  const known = fieldsOf.get(type);
  if (known) return known;
  const text: string = Object.hasOwn(STRUCTS, type) ? STRUCTS[type as keyof typeof STRUCTS] : '';
  const fields = text
    .split(/,\s*/)
    .filter((part) => part !== '')
    .map((part) => {
      const [names = '', fieldType = ''] = part.trim().split(' ');
      const embedded = names === '+';
      const [name = '', key = name] = embedded ? [fieldType.replace(/^.*\./, '')] : names.split(':');
      const omitEmpty = fieldType.endsWith('?');
      return { name, key, type: omitEmpty ? fieldType.slice(0, -1) : fieldType, omitEmpty, embedded };
    });
  fieldsOf.set(type, fields);
  return fields;
}
