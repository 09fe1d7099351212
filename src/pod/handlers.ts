import { Fault } from "#foundation";
import type { HandlerPolicy, OciRuntime } from "#runtime";
import type { OverlayOptions } from "#spec";
import type { SandboxRecord } from "./records.ts";

/** A way to run pods, as it was defined at one time. */
export interface Handler {
  /** What a pod's RuntimeClass selects it by. */
  readonly name: string;
  /** Another one for each definition of a name: pods stay with the one that they were made with. */
  readonly definition: string;
  readonly type: "oci" | "shim";
  /** What the operator named as its program. */
  readonly program: string;
  readonly runtime: OciRuntime;
  /** What is wanted of its containers. */
  readonly policy: HandlerPolicy;
  /** Directory of the network configurations of its pods; absent: they are on the node's network. */
  readonly cniConfDir?: string;
  /** How the root file systems of its containers are mounted. */
  readonly snapshotOptions: OverlayOptions;
}

/** The handlers of one configuration, and what pods have of earlier ones. */
export interface HandlerSet {
  /** The one of pods that name none. */
  readonly defaultName: string;
  /** Those that new pods may have. */
  readonly offered: readonly Handler[];
  /** Those that take no new pods, and may still have some. */
  readonly retired: readonly Handler[];
}

/** Runtime handlers by name and by definition. */
export class Handlers {
  #set: HandlerSet;

  constructor(set: HandlerSet) {
    this.#set = set;
  }

  /** Takes another configuration's; pods that there are keep what they have. */
  replace(set: HandlerSet): void {
    this.#set = set;
  }

  get defaultName(): string {
    return this.#set.defaultName;
  }

  get offered(): readonly Handler[] {
    return this.#set.offered;
  }

  get retired(): readonly Handler[] {
    return this.#set.retired;
  }

  get all(): readonly Handler[] {
    return [...this.#set.offered, ...this.#set.retired];
  }

  /** The handler for a new pod, the default one for "". @throws Fault `invalid` naming the known ones */
  choose(name: string): Handler {
    const handler = this.#named(name);
    if (handler !== undefined) return handler;
    const known = this.#set.offered.map((offered) => offered.name).join(", ");
    throw new Fault("invalid", `runtime handler ${name}: not configured; known are ${known}`, {
      reason: { code: "pod.handler-unknown", name },
    });
  }

  /** The handler that a pod was made with. @throws Fault `invalid` when nobody knows it any more */
  of({ handler, definition }: Pick<SandboxRecord, "handler" | "definition">): Handler {
    return this.all.find((candidate) => candidate.definition === definition) ?? this.choose(handler);
  }

  #named(name: string): Handler | undefined {
    const wanted = name === "" ? this.#set.defaultName : name;
    return this.#set.offered.find((handler) => handler.name === wanted);
  }
}
