import { tmpdir } from "node:os";
import type { Command } from "commander";
import type { OpenSession } from "../command.ts";
import { declareOutput, type OutputFormat, printDocument } from "../output-format.ts";
import { renderResult, renderSummary } from "./render.ts";

interface Flags {
  readonly handler: string;
  readonly image: string;
  readonly only: string;
  readonly cgroupParent: string;
  readonly output: OutputFormat;
}

const defaultImage = "docker.io/library/busybox:stable";

/** `crisp verify` runs checks with pods of one handler; 1 is its exit code when any of them fails. */
export function declareVerify(command: Command, open: OpenSession): void {
  command
    .option("--handler <name>", "runtime handler of the pods; empty: the server's default", "")
    .option("--image <reference>", "what they run: it needs busybox's programs, nc among them", defaultImage)
    .option("--only <text>", "only checks that have this in their name", "")
    .option("--cgroup-parent <cgroup>", "where their cgroups are made; empty: the server's own place", "");
  declareOutput(command, ["table", "json", "yaml"]);
  // Another program, which bin/crisp starts: it brings a crispd of its own.
  command.addHelpText("after", "\nFault tests of crispd itself: crisp verify --faults --help");
  command.action(async ({ output, ...flags }: Flags) => {
    const { patientClient, terminal, signal, exitWith } = await open();
    const { verify } = await import("#conformance");
    const isTable = output === "table";
    const results = await verify({
      ...flags,
      client: patientClient(),
      signal,
      directory: tmpdir(),
      ...(isTable ? { onResult: (result) => terminal.write(renderResult(result)) } : {}),
    });
    if (isTable) await terminal.write(renderSummary(results));
    else await printDocument(terminal, { handler: flags.handler, results: results.map((r) => ({ ...r })) }, output);
    if (results.some(({ outcome }) => outcome === "failed")) exitWith(1);
  });
}
