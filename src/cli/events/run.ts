import type { JsonValue } from "@bufbuild/protobuf";
import type { Command } from "commander";
import { type ContainerEventResponse, ContainerEventResponseSchema } from "#proto/cri/v1/runtime_pb.js";
import type { OpenSession } from "../command.ts";
import { parseSince } from "../logs/options.ts";
import { declareOutput, messageToJson, printDocument } from "../output-format.ts";
import type { Session } from "../session.ts";
import type { Terminal } from "../terminal.ts";

interface EventsFlags {
  readonly follow?: boolean;
  readonly since?: string;
  readonly output: "json" | "yaml";
}

/** `crisp events` prints what happens to pods and containers, as it happens, and what has happened. */
export function declareEvents(command: Command, open: OpenSession): void {
  declareOutput(command, ["json", "yaml"]);
  command
    .option("-f, --follow", "go on with what happens; without --since that is what is done anyway")
    .option(
      "--since <time>",
      "out of crispd's journal, also of what is gone: 2026-01-02T03:04:05Z, or 42m for 42 minutes ago",
    );
  command.action(async (flags: EventsFlags) => {
    const session = await open();
    for await (const event of eventsOf(session, flags)) {
      await printEvent(session.terminal, messageToJson(ContainerEventResponseSchema, event), flags.output);
    }
  });
}

/** What happens from now on, any runtime tells; what has happened, only crispd does. */
function eventsOf(
  { client, admin, clock, signal }: Session,
  { since, follow = false }: EventsFlags,
): AsyncIterable<ContainerEventResponse> {
  if (since === undefined) return client.getContainerEvents({}, { signal });
  return admin.listEvents({ since: parseSince(since, clock.nowNanos()), follow }, { signal });
}

/** A line each, so that programs can read them one by one; in YAML a document each. */
async function printEvent(terminal: Terminal, event: JsonValue, output: "json" | "yaml"): Promise<void> {
  if (output === "json") return await terminal.write(`${JSON.stringify(event)}\n`);
  await terminal.write("---\n");
  await printDocument(terminal, event, output);
}
