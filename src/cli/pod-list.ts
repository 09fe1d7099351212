import type { Command } from "commander";
import { type PodSandbox, PodSandboxState } from "#proto/cri/v1/runtime_pb.js";
import { misused } from "./faults.ts";
import { parsePairs } from "./labels.ts";
import { declareSelection, type SelectionFlags, takeNewest } from "./selection.ts";
import type { Session } from "./session.ts";

/** The flags by which commands choose pods. */
export interface PodFlags extends SelectionFlags {
  readonly id?: string;
  readonly state?: PodSandboxState;
}

const states: Readonly<Record<string, PodSandboxState>> = {
  ready: PodSandboxState.SANDBOX_READY,
  notready: PodSandboxState.SANDBOX_NOTREADY,
};

export function declarePodFlags(command: Command): void {
  declareSelection(command);
  command
    .option("--id <id>", "only the pod whose id begins like this")
    .option("-s, --state <state>", `only those in this state: ${Object.keys(states).join("|")}`, parseState);
}

function parseState(text: string): PodSandboxState {
  const state = states[text.toLowerCase()];
  if (state === undefined) throw misused(`state ${JSON.stringify(text)}: use ready or notready`);
  return state;
}

/** The pods that the flags mean, newest first. */
export async function listPods(session: Session, flags: PodFlags): Promise<readonly PodSandbox[]> {
  const { state, id = "", name, namespace } = flags;
  const labelSelector = parsePairs("label", flags.label);
  const filter = { labelSelector, ...(state === undefined ? {} : { state: { state } }) };
  const { items } = await session.client.listPodSandbox({ filter }, session.reading);
  const chosen = items.filter(
    (pod) =>
      pod.id.startsWith(id) &&
      (name === undefined || name.test(pod.metadata?.name ?? "")) &&
      (namespace === undefined || namespace.test(pod.metadata?.namespace ?? "")),
  );
  return takeNewest(chosen, flags);
}

/** A pod's state in one word. */
export function describePodState(state: PodSandboxState): string {
  switch (state) {
    case PodSandboxState.SANDBOX_READY:
      return "Ready";
    case PodSandboxState.SANDBOX_NOTREADY:
      return "NotReady";
  }
}
