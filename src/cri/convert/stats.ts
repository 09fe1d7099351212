import { create } from "@bufbuild/protobuf";
import type { ContainerStats, LayerUsage, NetworkSample, SandboxStats, UsageSample } from "#pod";
import {
  ContainerStatsSchema,
  type CpuUsage,
  CpuUsageSchema,
  type FilesystemUsage,
  FilesystemUsageSchema,
  type IoUsage,
  IoUsageSchema,
  type LinuxPodSandboxStats,
  LinuxPodSandboxStatsSchema,
  type MemoryUsage,
  MemoryUsageSchema,
  type NetworkInterfaceUsage,
  NetworkInterfaceUsageSchema,
  type NetworkUsage,
  NetworkUsageSchema,
  type PodSandboxStats,
  PodSandboxStatsSchema,
  type ContainerStats as ProtoContainerStats,
  type PsiData,
  PsiDataSchema,
  type PsiStats,
  PsiStatsSchema,
  type SwapUsage,
  SwapUsageSchema,
} from "#proto/cri/v1/runtime_pb.js";
import type { InterfaceCounters, Pressure, PressureShare } from "#spec";

/** What a container has used. kubelet panics when `attributes` or their metadata are missing. */
export function containerStatsToProto({ container, sample, writableLayer }: ContainerStats): ProtoContainerStats {
  const { id, config } = container;
  return create(ContainerStatsSchema, {
    attributes: {
      id,
      metadata: config.metadata,
      labels: { ...config.labels },
      annotations: { ...config.annotations },
    },
    ...(sample === undefined ? {} : usageToProto(sample)),
    ...(sample?.usage.swap === undefined ? {} : { swap: swapToProto(sample) }),
    ...(writableLayer === undefined ? {} : { writableLayer: layerToProto(writableLayer) }),
  });
}

/** What a pod has used. kubelet panics when `linux` is missing. */
export function sandboxStatsToProto(stats: SandboxStats): PodSandboxStats {
  const { id, config } = stats.sandbox;
  return create(PodSandboxStatsSchema, {
    attributes: {
      id,
      metadata: config.metadata,
      labels: { ...config.labels },
      annotations: { ...config.annotations },
    },
    linux: linuxToProto(stats),
  });
}

function linuxToProto({ sample, network, processCount, containers }: SandboxStats): LinuxPodSandboxStats {
  return create(LinuxPodSandboxStatsSchema, {
    ...usageToProto(sample),
    process: { timestamp: sample.takenAtNanos, processCount: { value: BigInt(processCount) } },
    containers: containers.map(containerStatsToProto),
    ...(network === undefined ? {} : networkToProto(network)),
  });
}

function usageToProto(sample: UsageSample): { cpu: CpuUsage; memory: MemoryUsage; io: IoUsage } {
  const timestamp = sample.takenAtNanos;
  return {
    cpu: cpuToProto(sample),
    memory: memoryToProto(sample),
    io: create(IoUsageSchema, { timestamp, ...psiToProto(sample.usage.io.pressure) }),
  };
}

function cpuToProto({ takenAtNanos, usage: { cpu }, nanoCores }: UsageSample): CpuUsage {
  return create(CpuUsageSchema, {
    timestamp: takenAtNanos,
    usageCoreNanoSeconds: { value: cpu.usageNanos },
    ...(nanoCores === undefined ? {} : { usageNanoCores: { value: nanoCores } }),
    ...psiToProto(cpu.pressure),
  });
}

function memoryToProto({ takenAtNanos, usage: { memory } }: UsageSample): MemoryUsage {
  return create(MemoryUsageSchema, {
    timestamp: takenAtNanos,
    workingSetBytes: { value: memory.workingSetBytes },
    availableBytes: { value: availableBytes(memory.limitBytes, memory.workingSetBytes) },
    usageBytes: { value: memory.usageBytes },
    rssBytes: { value: memory.rssBytes },
    pageFaults: { value: memory.pageFaults },
    majorPageFaults: { value: memory.majorPageFaults },
    ...psiToProto(memory.pressure),
  });
}

function swapToProto({ takenAtNanos, usage: { swap } }: UsageSample): SwapUsage {
  const used = swap?.usageBytes ?? 0n;
  return create(SwapUsageSchema, {
    timestamp: takenAtNanos,
    swapUsageBytes: { value: used },
    swapAvailableBytes: { value: availableBytes(swap?.limitBytes, used) },
  });
}

/** 0 where nothing limits it, as the field's runtimes tell it. */
function availableBytes(limit: bigint | undefined, used: bigint): bigint {
  return limit === undefined || limit < used ? 0n : limit - used;
}

function layerToProto({ measuredAtNanos, mountpoint, usedBytes, inodes }: LayerUsage): FilesystemUsage {
  return create(FilesystemUsageSchema, {
    timestamp: measuredAtNanos,
    fsId: { mountpoint },
    usedBytes: { value: usedBytes },
    inodesUsed: { value: inodes },
  });
}

/** Nothing at all without an interface: kubelet panics when there is a network but no default interface. */
function networkToProto({ takenAtNanos, interfaces }: NetworkSample): { network?: NetworkUsage } {
  const [first, ...others] = interfaces.map(interfaceToProto);
  if (first === undefined) return {};
  const network = { timestamp: takenAtNanos, defaultInterface: first, interfaces: [first, ...others] };
  return { network: create(NetworkUsageSchema, network) };
}

function interfaceToProto({ name, received, sent }: InterfaceCounters): NetworkInterfaceUsage {
  return create(NetworkInterfaceUsageSchema, {
    name,
    rxBytes: { value: received.bytes },
    rxErrors: { value: received.errors },
    txBytes: { value: sent.bytes },
    txErrors: { value: sent.errors },
  });
}

function psiToProto(pressure: Pressure | undefined): { psi?: PsiStats } {
  if (pressure === undefined) return {};
  const psi = create(PsiStatsSchema, { Full: shareToProto(pressure.full), Some: shareToProto(pressure.some) });
  return { psi };
}

function shareToProto({ avg10, avg60, avg300, totalMicros }: PressureShare): PsiData {
  return create(PsiDataSchema, { Total: totalMicros, Avg10: avg10, Avg60: avg60, Avg300: avg300 });
}
