import type { Finding } from "#doctor";
import type { ContainerId, SandboxId } from "#foundation";
import type { PinnedNamespaceKind, ProcessIdentity } from "#host";
import type { ContainerRecord, SandboxRecord } from "../records.ts";

/**
 * The records, as far as what was observed can be compared with them.
 *
 * Whatever an act was under way on while somebody looked is left out: half of a
 * change is no damage.
 */
export interface SteadyRecords {
  /** Those that were the same before and after the look. */
  readonly sandboxes: readonly SandboxRecord[];
  readonly containers: readonly ContainerRecord[];
  /** Whether there is, or was at any time of the look, a sandbox or container of this id, or an act on one. */
  readonly isKnown: (id: string) => boolean;
  /** Whether an id of which there is no record was one of ours, as the journal remembers. */
  readonly wasOurs: (id: string) => boolean;
}

/** What mends a finding, as data. */
export type Mend =
  /** A process of the pod still is in the namespace: pin it again. */
  | {
      readonly do: "pin-again";
      readonly id: SandboxId;
      readonly kind: PinnedNamespaceKind | "user";
      readonly path: string;
      readonly process: ProcessIdentity;
    }
  /** Nothing of it runs: stop it, so that kubelet makes another. */
  | { readonly do: "stop-sandbox"; readonly id: SandboxId }
  | { readonly do: "release-container"; readonly id: ContainerId }
  | { readonly do: "watch-container"; readonly id: ContainerId }
  | { readonly do: "reopen-log"; readonly id: ContainerId }
  | { readonly do: "detach"; readonly id: SandboxId }
  | { readonly do: "forget-leases"; readonly id: SandboxId }
  | { readonly do: "remove-firewall-rules"; readonly id: SandboxId }
  | { readonly do: "publish-host-ports"; readonly id: SandboxId }
  | { readonly do: "withdraw-stray-host-ports" }
  | { readonly do: "unmount"; readonly target: string }
  | { readonly do: "remove-directory"; readonly path: string; readonly id: string }
  | { readonly do: "remove-cgroup"; readonly path: string; readonly id: string };

/** A finding whose repair is still only a plan. */
export type PlannedFinding = Omit<Finding, "repair"> & { readonly mend?: Mend };
