export { createNetwork, type NetworkDeps } from "./cni-network.ts";
export { FakeNetwork, type FakeNetworkAct } from "./fake-network.ts";
export type { IpPreference, NetworkOptions } from "./options.ts";
export type {
  AddressLease,
  AttachTarget,
  HostPortAudit,
  Network,
  NetworkActOptions,
  NetworkAttachment,
  NetworkReadiness,
  RecordedAttachment,
} from "./types.ts";
