export { type AuthFile, decodeAuthFile, findFileCredentials, maxAuthFileBytes } from "./auth-file.ts";
export { type BlockioEntry, decodeBlockioClasses } from "./blockio/decode-blockio-classes.ts";
export {
  type CdiDeviceNode,
  type CdiEdits,
  type CdiHook,
  type CdiMount,
  type CdiSpec,
} from "./cdi/decode-cdi-spec.ts";
export { type CdiDeviceName, parseCdiDeviceName } from "./cdi/device-name.ts";
export { isCdiFileName, maxCdiFileBytes, parseCdiFile } from "./cdi/parse-cdi-file.ts";
export { type CgroupFields, decodeCgroupFields, decodeCgroupNumber } from "./cgroup/counters.ts";
export { type DeviceIo, decodeBlkio, decodeIoStat, type IoCost } from "./cgroup/device-io.ts";
export { decodePressure, type Pressure, type PressureShare } from "./cgroup/pressure.ts";
export { slicePath } from "./cgroup/slice-path.ts";
export { workingSetOf } from "./cgroup/working-set.ts";
export { type CheckpointConfig, checkpointNames, neverTime } from "./checkpoint-archive.ts";
export {
  type CniNetworkConfig,
  type CniPluginConfig,
  decodeCniNetworkConfig,
  decodeCniNetworkObject,
  decodeCniPluginConfig,
} from "./cni/config.ts";
export { type CniError, cniErrorCodes, decodeCniError } from "./cni/error.ts";
export { isJsonObject, type JsonObject, parseCniObject } from "./cni/json.ts";
export { type CniAddress, type CniInterface, type CniResult, decodeCniResult } from "./cni/result.ts";
export { type CniVersion, isCniVersionAtLeast } from "./cni/version.ts";
export { type CriLogLine, decodeCriLogLine, LogLineSplitter, parseRfc3339Nanos } from "./cri-log.ts";
export { EncodedMessage } from "./encoded-message.ts";
export { killedExitCode } from "./exit-codes.ts";
export {
  type GrpcMethod,
  type GrpcService,
  grpcMessageLimitBytes,
  type ResponseOf,
  toGrpcMethod,
  toGrpcService,
} from "./grpc-service.ts";
export { grpcCodeNameOfKind, grpcCodeOfKind, kindOfGrpcCode } from "./grpc-status.ts";
export {
  type ClientCertificate,
  defaultEndpoint,
  type EndpointSettings,
  isLoopback,
  parseHostsToml,
  type RegistryCapability,
  type RegistryHosts,
} from "./hosts-toml.ts";
export { hostIdOf } from "./id-mapping.ts";
export {
  acceptedManifests,
  type ChainId,
  chainIdsOf,
  type Descriptor,
  type DockerArchiveImage,
  decodeDockerArchive,
  decodeImageDocument,
  decodeManifest,
  decodeRegistryProblem,
  digestOf,
  formatPlatform,
  hexOf,
  type ImageConfig,
  type ImageDocument,
  imageIdOf,
  isDigest,
  isImageConfigType,
  isLayerType,
  type Manifest,
  type ManifestIndex,
  maxDockerArchiveBytes,
  maxImageConfigBytes,
  maxManifestBytes,
  maxRegistryProblemBytes,
  type NodePlatform,
  type Platform,
  type PlatformDescriptor,
  parseDigest,
  platformRank,
} from "./image/index.ts";
export { type DirectionCounters, decodeNetDev, type InterfaceCounters } from "./net-dev.ts";
export { type GroupEntry, type PasswdEntry, parseGroup, parseId, parsePasswd } from "./oci-runtime/account-files.ts";
export { capabilityNames } from "./oci-runtime/capabilities.ts";
export { decodeRuntimeFeatures, decodeRuntimeStatus, type OciRuntimeFeatures } from "./oci-runtime/features.ts";
export {
  decodeLogWriterRecord,
  decodeMonitorMessage,
  decodeProcessIdentity,
  describeRuntimeError,
  encodeLogWriterRecord,
  encodeProcessIdentity,
  type LogWriterRecord,
  type MonitorMessage,
} from "./oci-runtime/messages.ts";
export { decodeProcessOfSpec, decodeSpec } from "./oci-runtime/process-document.ts";
export {
  decodeSeccompProfile,
  type SeccompCondition,
  type SeccompProfile,
  type SeccompRule,
} from "./oci-runtime/seccomp-profile.ts";
export type {
  OciBlockIo,
  OciCapabilities,
  OciDevice,
  OciDeviceRule,
  OciHook,
  OciHookName,
  OciHooks,
  OciIdMapping,
  OciIntelRdt,
  OciLinux,
  OciMount,
  OciNamespace,
  OciNamespaceType,
  OciProcess,
  OciResources,
  OciRlimit,
  OciSeccomp,
  OciSeccompAction,
  OciSeccompArgument,
  OciSeccompOperator,
  OciSeccompSyscall,
  OciSpec,
  OciUser,
} from "./oci-runtime/types.ts";
export { areOverlayOptions, type OverlayOptions, overlayOptionWords } from "./overlay-options.ts";
export type { ProcessEnd, ProcessSession, TerminalSize, WantedStreams } from "./process-session.ts";
export { decodeProcessStatus, type ProcessStatus } from "./process-status.ts";
export { type HttpProxy, type ProxyEnvironment, type ProxyRules, parseProxyRules, proxyOf } from "./proxy-rules.ts";
export {
  formatReference,
  type ImageReference,
  isNameOnly,
  parseNamedReference,
  parseReference,
  repositoryOf,
} from "./reference.ts";
export { joinRegistryTables, parseRegistriesConf, type RegistryTable } from "./registries-conf.ts";
export {
  type AuthChallenge,
  type Credentials,
  credentialsFor,
  decodeAccessToken,
  parseChallenges,
  type RegistryAuth,
} from "./registry-auth.ts";
export { findRegistryTable, type RegistrySource, registrySources } from "./registry-sources.ts";
export { decodeShimBootstrap, findShimVersion, type ShimAddress } from "./shim/bootstrap.ts";
export {
  decodeEndState,
  decodeKeeperState,
  decodeShimState,
  type EndState,
  encodeShimState,
  type KeeperState,
  type ShimState,
} from "./shim/state.ts";
export {
  attachmentTagOf,
  dearmorKeys,
  decodeGpgStatus,
  decodeSignatureAttachments,
  decodeSignaturePolicy,
  decodeSignedClaim,
  type IdentityRule,
  type KeySource,
  maxRegistriesFileBytes,
  maxSignatureBytes,
  maxSignaturePolicyBytes,
  maxSignatures,
  type PolicyRequirement,
  type PolicyRequirements,
  parseRegistriesFile,
  type RegistriesFile,
  type SignaturePlace,
  type SignaturePolicy,
  type SignatureRequirement,
  type SignedClaim,
  scopesOf,
} from "./signature/index.ts";
export { maxTomlLength } from "./toml-document.ts";
export { decodeGrpcTraceBin, parseTraceparent, type RemoteSpan } from "./trace-context.ts";
export type {
  CapabilityChanges,
  ContainerConfig,
  ContainerDevice,
  ContainerMount,
  ContainerSecurity,
  DnsConfig,
  IdMapping,
  IdMappings,
  ImageSpec,
  IpProtocol,
  LinuxResources,
  MountPropagation,
  NamespaceMode,
  NamespaceModes,
  PortMapping,
  SandboxConfig,
  SandboxMetadata,
  SandboxSecurity,
  SecurityProfile,
  SelinuxOptions,
  SupplementalGroupsPolicy,
  WorkloadUser,
} from "./workload.ts";
export { noResources } from "./workload.ts";
export { parseYaml } from "./yaml.ts";
