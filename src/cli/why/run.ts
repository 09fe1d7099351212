import type { Command } from "commander";
import { Fault, isFault } from "#foundation";
import { type WhyResponse, WhyResponseSchema } from "#proto/crisp/v1/admin_pb.js";
import type { OpenSession } from "../command.ts";
import { declareOutput, messageToJson, type OutputFormat, printDocument } from "../output-format.ts";
import type { Session } from "../session.ts";
import { renderWhy } from "./render.ts";

/** `crisp why` tells what happened to a pod, a container or an image, what failed, and what comes next. */
export function declareWhy(command: Command, open: OpenSession): void {
  declareOutput(command, ["table", "json", "yaml"]);
  command.argument("<object>", "the beginning of an id, a pod, pod/container, or an image; it may be gone");
  command.action(async (object: string, { output }: { readonly output: OutputFormat }) => {
    const session = await open();
    const answer = await ask(session, object);
    if (output === "table") return await session.terminal.write(renderWhy(answer));
    await printDocument(session.terminal, messageToJson(WhyResponseSchema, answer), output);
  });
}

async function ask({ admin, reading }: Session, object: string): Promise<WhyResponse> {
  try {
    return await admin.why({ object }, reading);
  } catch (error) {
    if (!isFault(error, "unavailable")) throw error;
    throw new Fault(
      "unavailable",
      `${error.message}; the journal is kept, and tells of before and after once crispd runs`,
      {
        cause: error,
      },
    );
  }
}
