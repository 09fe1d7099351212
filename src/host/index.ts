export type {
  CgroupCpuDetail,
  CgroupDetail,
  CgroupMemoryDetail,
  CgroupMemoryUsage,
  CgroupReclaim,
  CgroupUsage,
} from "./cgroups/statistics.ts";
export type { CgroupPart, Cgroups, CgroupVersion } from "./cgroups/types.ts";
export type { ActInterceptor, FakeAct } from "./fake/fake-acts.ts";
export { FakeHost, type FakeHostOptions, type FakeSnapshot } from "./fake/fake-host.ts";
export type { FakeNamespace } from "./fake/fake-namespaces.ts";
export { type FakeOutcome, FakeProcess, type FakeProgram } from "./fake/fake-process.ts";
export type { FakeScript } from "./fake/fake-processes.ts";
export type { FakeService, FakeTerminal } from "./fake/fake-sockets.ts";
export { faultOfErrno, tellStuck } from "./faults.ts";
export { openInPlace, openNewFile, type PieceSink } from "./files/piece-sink.ts";
export { listNames, readWholeFile } from "./files/read-file.ts";
export { readPieces } from "./files/read-pieces.ts";
export { type FollowFileOptions, followFile } from "./follow-file.ts";
export { createLinuxHost } from "./linux-host.ts";
export type { MappedMountRequest, MountEntry, MountRequest, Mounts } from "./mounts/types.ts";
export type { LinuxHostOptions } from "./options.ts";
export { type CommandObserver, observeProcesses } from "./processes/observed-processes.ts";
export { lowerThreadPriority } from "./processes/thread-priority.ts";
export type {
  OfferedPipe,
  Sockets,
  TcpAddress,
  TcpOptions,
  Terminal,
  TerminalReceiver,
} from "./sockets/types.ts";
export { releaseMemory, SpoolReader, SpoolWriter } from "./spool/index.ts";
export {
  inheritAttributes,
  loadTreeCalls,
  type TreeAttributes,
  type TreeCalls,
  type TreeEntry,
  type TreeLimits,
  type TreeNode,
  type TreeResult,
  TreeWriter,
} from "./tree/index.ts";
export type {
  Child,
  ChildDescriptor,
  Command,
  DeviceNumber,
  ExitStatus,
  FileLock,
  FileStat,
  Files,
  FilesystemUsage,
  Host,
  Machine,
  Namespaces,
  OpenFile,
  OpenPipe,
  OwnLimits,
  PeerCredentials,
  PinNamespacesOptions,
  PinnedNamespaceKind,
  Processes,
  ProcessIdentity,
  ProcessWatch,
  RunOptions,
  RunResult,
  SpawnOptions,
  StuckProcess,
  TaskSurvey,
  TreeUsage,
  WatchDirectoryOptions,
  WriteAtomicOptions,
} from "./types.ts";
