import type { EngineHealth } from "../../engine.ts";
import type { PlannedFinding } from "../types.ts";

/** What the node's own probes say. Pure. */
export function planHealth({ runtime, network, runtimes }: EngineHealth): readonly PlannedFinding[] {
  const broken = runtimes.flatMap(({ handler, probed, isDefault, isRetired, networkProblem }) => [
    ...("problem" in probed && !isDefault ? [handlerBroken(handler, probed.problem)] : []),
    ...(networkProblem === undefined || isDefault || isRetired ? [] : [handlerUnconnected(handler, networkProblem)]),
  ]);
  return [
    ...(runtime.isMet ? [] : [notReady("runtime", runtime.message, "look at what it names; crispd tries again")]),
    ...(network.isMet
      ? []
      : [notReady("network", network.message, "look at the network add-on; crispd notices at once")]),
    ...broken,
  ];
}

function notReady(where: string, message: string, advice: string): PlannedFinding {
  return {
    severity: "problem",
    where,
    what: `not ready: ${message}`,
    why: "the node is not ready, and gets no pods",
    advice,
  };
}

function handlerBroken(handler: string, problem: string): PlannedFinding {
  return {
    severity: "warning",
    where: `handler ${handler}`,
    what: `does not work: ${problem}`,
    why: "pods of its RuntimeClass do not run here",
    advice: `mend it, or take [runtimes.${handler}] out of the configuration`,
  };
}

function handlerUnconnected(handler: string, problem: string): PlannedFinding {
  return {
    severity: "warning",
    where: `handler ${handler}`,
    what: `has no network: ${problem}`,
    why: "pods of its RuntimeClass do not run here, unless they are on the node's own network",
    advice: `mend what it names, or take runtimes.${handler}.cni_conf_dir out of the configuration`,
  };
}
