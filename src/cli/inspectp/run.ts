import type { Command } from "commander";
import type { OpenSession } from "../command.ts";
import { nothingChosen } from "../faults.ts";
import { declareOutput, type OutputFormat, printDocument } from "../output-format.ts";
import { declarePodFlags, listPods, type PodFlags } from "../pod-list.ts";
import { resolvePodId } from "../resolve-id.ts";
import type { Session } from "../session.ts";
import { joinDocuments, statusDocument } from "../status-document.ts";
import { podStatusToJson, renderPodStatus } from "./render.ts";

type Flags = PodFlags & { readonly output: OutputFormat; readonly quiet?: boolean };

/** `crisp inspectp` shows the status of pods. */
export function declareInspectPod(command: Command, open: OpenSession): void {
  declarePodFlags(command);
  declareOutput(command, ["json", "yaml", "table"]);
  command
    .argument("[ids...]", "ids of pods, or their unique beginnings; those that the flags choose when absent")
    .option("-q, --quiet", "without the runtime's own details");
  command.action(async (ids: readonly string[], flags: Flags) => {
    const session = await open();
    const { client, terminal, reading } = session;
    const verbose = flags.quiet !== true;
    const chosen = await choose(session, ids, flags);
    const answers = await Promise.all(
      chosen.map((podSandboxId) => client.podSandboxStatus({ podSandboxId, verbose }, reading)),
    );
    if (flags.output === "table") {
      await terminal.write(answers.map(renderPodStatus).join("\n"));
      return;
    }
    const documents = answers.map((answer) => statusDocument({ status: podStatusToJson(answer) }, answer.info));
    await printDocument(terminal, joinDocuments(documents), flags.output);
  });
}

async function choose(session: Session, ids: readonly string[], flags: Flags): Promise<readonly string[]> {
  if (ids.length > 0) return Promise.all(ids.map((id) => resolvePodId(session, id)));
  const chosen = await listPods(session, flags);
  if (chosen.length === 0) throw nothingChosen("pod");
  return chosen.map(({ id }) => id);
}
