import { assertNever, Fault } from "#foundation";
import { type PodSandboxConfig, Protocol, type PortMapping as ProtoPortMapping } from "#proto/cri/v1/runtime_pb.js";
import type { IpProtocol, PortMapping, SandboxConfig } from "#spec";
import { resourcesFromProto } from "./resources.ts";
import { sandboxSecurityFromProto } from "./security.ts";

/**
 * The sandbox that a request asks for.
 *
 * @throws Fault `invalid` naming the field that is missing or may not hold its value
 */
export function sandboxConfigFromProto(config: PodSandboxConfig | undefined): SandboxConfig {
  if (config === undefined) throw new Fault("invalid", "config: must not be empty");
  if (config.windows !== undefined) throw new Fault("invalid", "config.windows: this is a Linux node");
  const { metadata, linux } = config;
  if (metadata === undefined) throw new Fault("invalid", "config.metadata: must not be empty");
  const { name, namespace, uid, attempt } = metadata;
  return {
    metadata: { name, namespace, uid, attempt },
    hostname: config.hostname,
    logDirectory: config.logDirectory,
    dns:
      config.dnsConfig === undefined
        ? undefined
        : {
            servers: config.dnsConfig.servers,
            searches: config.dnsConfig.searches,
            options: config.dnsConfig.options,
          },
    portMappings: config.portMappings.map(portMappingFromProto),
    labels: config.labels,
    annotations: config.annotations,
    cgroupParent: linux?.cgroupParent ?? "",
    sysctls: linux?.sysctls ?? {},
    resources: resourcesFromProto(linux?.resources),
    overhead: resourcesFromProto(linux?.overhead),
    security: sandboxSecurityFromProto(linux?.securityContext),
  };
}

function portMappingFromProto(mapping: ProtoPortMapping): PortMapping {
  return {
    protocol: protocolFromProto(mapping.protocol),
    containerPort: mapping.containerPort,
    hostPort: mapping.hostPort,
    hostIp: mapping.hostIp,
  };
}

function protocolFromProto(protocol: Protocol): IpProtocol {
  switch (protocol) {
    case Protocol.TCP:
      return "tcp";
    case Protocol.UDP:
      return "udp";
    case Protocol.SCTP:
      return "sctp";
    default:
      return assertNever(protocol, "port_mappings.protocol");
  }
}
