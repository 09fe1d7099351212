import { readFile } from "node:fs/promises";
import { setTimeout as pause, setImmediate as turn } from "node:timers/promises";
import type { PlannedFault } from "#config";
import { messageOf } from "#foundation";
import { listProcesses } from "../../test/support/host-observe.ts";
import { compareHosts, type HostSnapshot } from "../../test/support/host-snapshot.ts";
import { waitFor } from "../../test/support/wait-for.ts";
import { untilDone } from "./as-kubelet.ts";
import { type FaultCase, failureOf, type HelperDeath, helpers } from "./cases.ts";
import type { FaultNode } from "./node.ts";
import { freshTarget, removeTarget, type Scenario, type Target } from "./scenarios.ts";
import { countFaults, isCommand, type NamedStep, readSteps } from "./steps.ts";

/** Longest time that a disturbed call may take to be answered. */
const answerMs = 30_000;
/** A disk that is full for longer gets free again all the same. */
const longestInterruptionMs = 5_000;
/** Time that what crispd gives back by itself may take. */
const settleMs = 20_000;
/** Differences of the host that are shown of a case. */
const mostLines = 20;

/** The steps of a scenario that nothing disturbs. */
export async function listSteps(node: FaultNode, scenario: Scenario): Promise<readonly NamedStep[]> {
  const { steps, outcome } = await trySteps(node, scenario, []);
  if (outcome !== "") throw new Error(`${scenario.name}: undisturbed, it answered "${outcome}"`);
  return steps;
}

/** The failure that comes last of those that an act does not bear, and the steps at which the act is taken back then. */
export async function listUndoSteps(
  node: FaultNode,
  scenario: Scenario,
  steps: readonly NamedStep[],
): Promise<{ readonly failure: PlannedFault; readonly steps: readonly NamedStep[] } | undefined> {
  for (const failing of steps.filter(isCommand).toReversed()) {
    const failure = failureOf(failing);
    const tried = await trySteps(node, scenario, [failure]);
    if (tried.outcome === "") continue;
    const failedAt = tried.steps.findIndex(({ step, nth }) => step === failing.step && nth === failing.nth);
    return { failure, steps: tried.steps.slice(failedAt + 1) };
  }
  return undefined;
}

/** What a scenario did, and its problem, if it failed. */
async function trySteps(
  node: FaultNode,
  scenario: Scenario,
  plan: FaultCase["plan"],
): Promise<{ readonly steps: readonly NamedStep[]; readonly outcome: string }> {
  const offset = await node.arm(plan);
  const target = freshTarget(node);
  await scenario.prepare(target);
  const outcome = await outcomeOf(scenario.request(target, {}));
  await waitForFaults(node, { plan, offset });
  const steps = await readSteps(node.crispd.logFile, offset, scenario.act);
  await removeTarget(target);
  return { steps, outcome };
}

/** Lets one case happen; the problems that it shows, none when all is as it should be. */
export async function runCase(
  node: FaultNode,
  scenario: Scenario,
  { fault, before }: { readonly fault: FaultCase; readonly before: HostSnapshot },
): Promise<readonly string[]> {
  const target = freshTarget(node);
  const problems: string[] = [];
  const note = (problem: string): void => void (problem === "" || problems.push(problem));
  try {
    const offset = await node.arm(fault.plan);
    await scenario.prepare(target);
    if (fault.death !== undefined) await killHelper(target, fault.death);
    else note(await disturb(target, scenario, { fault, offset }));
    if (fault.plan.at(-1)?.do === "kill") {
      await node.crispd.kill();
      await node.crispd.start();
    }
    await (scenario.repeat?.(target) ?? untilDone(scenario.name, () => scenario.request(target, {})));
    note(await scenario.complaint(target));
    note(await node.bystander.complaint());
    await removeTarget(target);
  } catch (error) {
    note(messageOf(error));
  }
  note(await leftOn(node, before));
  return problems;
}

interface Disturbance {
  readonly fault: FaultCase;
  /** Where the daemon's log began. */
  readonly offset: number;
}

/** Asks once, with all that goes wrong; answers with what should not be. */
async function disturb(target: Target, scenario: Scenario, { fault, offset }: Disturbance): Promise<string> {
  const { crispd } = target.node;
  const giveUp = new AbortController();
  const startedAt = performance.now();
  const request = outcomeOf(scenario.request(target, { signal: giveUp.signal }));
  if (fault.interruption !== undefined) {
    const isHeld = await Promise.race([waitUntilHeld(crispd.pid()), request.then(() => false)]);
    if (!isHeld) return "it was answered before the fault came";
    await interrupt(target, fault.interruption, giveUp);
    await Promise.race([request, pause(longestInterruptionMs)]);
  }
  await calmDown(target, fault.interruption);
  await request;
  const tookMs = performance.now() - startedAt;
  try {
    await waitForFaults(target.node, { plan: fault.plan, offset });
  } catch {
    return "the fault did not come";
  }
  return tookMs > answerMs ? `it was answered after ${Math.round(tookMs / 1_000)} s only` : "";
}

/** Waits until all that was planned has come, which a log tells from a place on. */
async function waitForFaults(
  { crispd }: FaultNode,
  { plan, offset }: Pick<FaultCase, "plan"> & Pick<Disturbance, "offset">,
): Promise<void> {
  const haveCome = async (): Promise<boolean> => (await countFaults(crispd.logFile, offset)) === plan.length;
  await waitFor("the fault", haveCome, { timeoutMs: 5_000 });
}

async function killHelper({ node, containerId }: Target, { helper, isSeen }: HelperDeath): Promise<void> {
  const processes = await listProcesses(node.workspace);
  const found = processes.find(({ command }) => command.includes(helpers[helper]) && command.includes(containerId));
  if (found === undefined) throw new Error(`container ${containerId} has no ${helper}`);
  if (!isSeen) await node.crispd.kill();
  process.kill(found.pid, "SIGKILL");
  if (!isSeen) await node.crispd.start();
}

async function outcomeOf(request: Promise<void>): Promise<string> {
  return await request.then(() => "", messageOf);
}

async function waitUntilHeld(pid: number): Promise<boolean> {
  const isHeld = async (): Promise<boolean> => {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).startsWith("T");
  };
  return await waitFor("crispd to stop at the step", isHeld, { timeoutMs: answerMs, intervalMs: 5 });
}

async function interrupt({ node }: Target, what: FaultCase["interruption"], giveUp: AbortController): Promise<void> {
  if (what === "fill disk") await node.disk.fill();
  if (what === "refuse writes") node.disk.refuseWrites();
  if (what === "cancel") {
    giveUp.abort();
    await turn(); // what tells crispd of it is written in this turn
  }
  process.kill(node.crispd.pid(), "SIGCONT");
}

async function calmDown({ node }: Target, what: FaultCase["interruption"]): Promise<void> {
  if (what === "fill disk") await node.disk.free();
  if (what === "refuse writes") node.disk.allowWrites();
}

/** How the host differs from before once crispd has given back what it gives back by itself. */
async function leftOn(node: FaultNode, before: HostSnapshot): Promise<string> {
  let difference = "";
  try {
    await waitFor(
      "the host to be as before",
      async () => {
        difference = compareHosts(before, await node.snapshot());
        return difference === "";
      },
      { timeoutMs: settleMs, intervalMs: 200 },
    );
  } catch {
    return shortened(difference);
  }
  return "";
}

/** A root file system that is left has hundreds of files. */
function shortened(difference: string): string {
  const lines = difference.split("\n");
  if (lines.length <= mostLines) return difference;
  return [...lines.slice(0, mostLines), `and ${lines.length - mostLines} more`].join("\n");
}
