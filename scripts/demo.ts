import path from "node:path";
import { messageOf } from "#foundation";
import type { Crispd } from "../test/support/crispd.ts";
import { snapshotHost } from "../test/support/host-snapshot.ts";
import { openWorkspace } from "../test/support/workspace.ts";
import { crispAt, crispPath } from "./demo/crisp-command.ts";
import { rememberDemo } from "./demo/kept.ts";
import { Narrator } from "./demo/narrator.ts";
import {
  type DemoPod,
  fetchPage,
  lookInside,
  pullImage,
  pushDemoImage,
  removePod,
  runPod,
  type Stage,
  showWhatIsLeft,
  startDemoDaemon,
  startDemoRegistry,
} from "./demo/steps.ts";
import { closeOnSignals } from "./lifetime/close-on-signals.ts";

/** Runs a pod from an empty directory and back, and shows each step; with KEEP=1 it stays. */
async function main(): Promise<void> {
  const isKept = !["", "0", undefined].includes(process.env["KEEP"]);
  await play(isKept);
  if (!isKept) console.log("\nThe daemon, the registry, the bridge and the directory are gone too.");
}

async function play(isKept: boolean): Promise<void> {
  await using cleanUp = new AsyncDisposableStack();
  const workspace = cleanUp.use(await openWorkspace("d"));
  closeOnSignals(() => workspace.close());
  const stage: Stage = { workspace, isKept, narrator: new Narrator() };
  stage.narrator.title(`One pod, from an empty directory and back. Everything is in ${workspace.dir}.`);

  const registry = cleanUp.use(await startDemoRegistry(stage));
  const image = await pushDemoImage(stage, registry);
  const crispd = cleanUp.use(await startDemoDaemon(stage));
  const scope = { ...crispd.scope, directories: [] };
  const empty = await snapshotHost(scope);
  const crisp = crispAt(crispd);
  await pullImage(stage, crisp, image);
  const pod = await runPod(stage, crisp, image);
  await fetchPage(stage, pod);
  await lookInside(stage, crisp, pod);
  if (isKept) {
    await keep(stage, crispd, pod);
    cleanUp.move();
    return;
  }
  await removePod(stage, crisp, pod);
  await showWhatIsLeft(stage, scope, empty);
}

async function keep({ narrator, workspace }: Stage, crispd: Crispd, pod: DemoPod): Promise<void> {
  await rememberDemo({ ...workspace, socketPath: crispd.socketPath });
  narrator.title("It stays. Talk to it:");
  narrator.note(`export CONTAINER_RUNTIME_ENDPOINT=unix://${crispd.socketPath}`);
  narrator.note(["pods", "ps", "images", `logs ${pod.containerId.slice(0, 13)}`].map(commandLine).join("\n"));
  narrator.note(commandLine(`exec -s ${pod.containerId.slice(0, 13)} ps`));
  narrator.note(`curl ${pod.pageUrl}`);
  narrator.title("End it:");
  narrator.note("make demo-down");
}

function commandLine(words: string): string {
  return `${path.relative(process.cwd(), crispPath)} ${words}`;
}

try {
  await main();
} catch (error) {
  console.error(`demo: ${messageOf(error)}`);
  process.exitCode = 1;
}
