import { messageOf, together } from "#foundation";
import { type FaultCase, planCases, planHelperCases, planUndoCases, sampleCases } from "./faults/cases.ts";
import { assertMachine } from "./faults/machine.ts";
import { type FaultNode, openFaultNode } from "./faults/node.ts";
import { type FaultOptions, parseFaultOptions, renderFaultUsage } from "./faults/options.ts";
import { type CaseResult, lineOf, type Report, renderReport } from "./faults/report.ts";
import { listSteps, listUndoSteps, runCase } from "./faults/run-case.ts";
import { chooseScenarios, type Scenario, scenarios } from "./faults/scenarios.ts";
import { closeOnSignals } from "./lifetime/close-on-signals.ts";

const interruptedCode = 130;

/** Lets a crispd of its own fail in every way at every step, and prints what that left. */
async function main(args: readonly string[]): Promise<void> {
  const options = parseFaultOptions(args);
  if (options === "help") return console.log(renderFaultUsage());
  await assertMachine();
  const interrupt = new AbortController();
  const judging = judge(options, interrupt.signal);
  // The case that runs comes to its end, and the node takes itself away: nothing may be made after that.
  closeOnSignals(async () => {
    interrupt.abort(new Error("interrupted"));
    console.error(
      "interrupted: the case that runs ends first, and everything is taken away; a second time, nothing is",
    );
    await Promise.allSettled([judging]);
  });
  // Whoever read what is printed has gone: that is an interruption, too, and no reason to leave everything behind.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", (error) => interrupt.abort(error));
  await judging;
}

async function judge(options: FaultOptions, signal: AbortSignal): Promise<void> {
  const cases = await withNode((node) => listCases(node, options, signal));
  if (cases.length === 0) throw new Error(`no case contains "${options.only ?? ""}"`);
  if (options.isList)
    return print(
      cases.map(({ scenario, name }) => ({ scenario, name })),
      options,
      cases.map(lineOf),
    );
  const results = await runAll(cases, options, signal);
  const report: Report = { results, planned: cases.length };
  print(results, options, [renderReport(report)]);
  process.exitCode = exitCodeOf(report);
}

function exitCodeOf({ results, planned }: Report): number {
  if (results.some(({ problems }) => problems.length > 0)) return 1;
  return results.length < planned ? interruptedCode : 0;
}

function print(document: readonly object[], { output }: FaultOptions, lines: readonly string[]): void {
  console.log(output === "json" ? JSON.stringify(document, null, 2) : lines.join("\n"));
}

async function withNode<T>(work: (node: FaultNode) => Promise<T>): Promise<T> {
  await using node = await openFaultNode();
  return await work(node);
}

/** Runs every act undisturbed, and again so that it fails as late as it can, to see the steps at which it can be disturbed. */
async function listCases(
  node: FaultNode,
  { only, isQuick }: FaultOptions,
  signal: AbortSignal,
): Promise<readonly FaultCase[]> {
  const cases: FaultCase[] = [];
  for (const scenario of chooseScenarios(only)) {
    signal.throwIfAborted();
    const steps = await listSteps(node, scenario);
    cases.push(...planCases(scenario.name, steps));
    if (scenario.hasContainer === true) cases.push(...planHelperCases(scenario.name));
    const undo = isQuick ? undefined : await listUndoSteps(node, scenario, steps);
    if (undo !== undefined) cases.push(...planUndoCases(scenario.name, undo.failure, undo.steps));
  }
  return (isQuick ? sampleCases(cases) : cases).filter((each) => lineOf(each).includes(only ?? ""));
}

/** Some nodes take the cases from one queue. */
async function runAll(
  cases: readonly FaultCase[],
  options: FaultOptions,
  signal: AbortSignal,
): Promise<readonly CaseResult[]> {
  const queue = [...cases];
  const results: CaseResult[] = [];
  signal.addEventListener("abort", () => void (queue.length = 0));
  const tell = (result: CaseResult): void => {
    results.push(result);
    const verdict = result.problems.length === 0 ? "ok" : "FAILED";
    console.error(`${results.length}/${cases.length} ${verdict} ${lineOf(result)} (${result.seconds.toFixed(1)} s)`);
    for (const problem of result.problems) console.error(`  ${problem.replaceAll("\n", "\n  ")}`);
  };
  const worker = async (): Promise<void> => {
    while (queue.length > 0) await withNode((node) => workOn(node, queue, tell));
  };
  if (signal.aborted) queue.length = 0;
  await together(Array.from({ length: Math.min(options.jobs, cases.length) }, () => worker));
  return results;
}

/** Takes cases until one fails: what it left would be the next one's. */
async function workOn(node: FaultNode, queue: FaultCase[], tell: (result: CaseResult) => void): Promise<void> {
  const before = await node.snapshot();
  for (let fault = queue.shift(); fault !== undefined; fault = queue.shift()) {
    const startedAt = performance.now();
    const problems = await runCase(node, scenarioOf(fault), { fault, before });
    tell({ ...fault, problems, seconds: (performance.now() - startedAt) / 1_000 });
    if (problems.length > 0) return;
  }
}

function scenarioOf({ scenario }: FaultCase): Scenario {
  const found = scenarios.find(({ name }) => name === scenario);
  if (found === undefined) throw new Error(`no scenario ${scenario}`);
  return found;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(`crisp verify --faults: ${messageOf(error)}`);
  process.exitCode = 2;
});
