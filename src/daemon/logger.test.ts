import { expect, test } from "vitest";
import { CallContexts, Fault, type LogLevel } from "#foundation";
import { createLogger, type DaemonLogger } from "./logger.ts";

type Line = Readonly<Record<string, unknown>>;

function open(level: LogLevel = "info"): { logger: DaemonLogger; contexts: CallContexts; lines: Line[] } {
  const lines: Line[] = [];
  const contexts = new CallContexts();
  const logger = createLogger(level, contexts, { write: (line) => void lines.push(JSON.parse(line) as Line) });
  return { logger, contexts, lines };
}

test("what is logged inside of a call has the call's request id, also by a child; what is outside has none", async () => {
  const { logger, contexts, lines } = open();
  const child = logger.child({ room: "pod" });

  const id = await contexts.run(async ({ requestId }) => {
    await Promise.resolve();
    child.info("sandbox ready", { sandboxId: "p" });
    return requestId;
  });
  logger.info("outside");

  expect(lines).toMatchObject([
    { msg: "sandbox ready", requestId: id, room: "pod", sandboxId: "p" },
    { msg: "outside" },
  ]);
  expect(lines[1]).not.toHaveProperty("requestId");
});

test("secrets never reach a line: environments, credentials, tokens, URLs, errors", () => {
  const { logger, lines } = open("trace");
  const secret = "hunter2hunter2";
  const url = `https://me:${secret}@registry.example/v2/x?sig=${secret}`;
  const reason = { code: "image.refused", url, token: secret };

  logger.child({ auth: { password: secret } }).info("one", { env: [`A=${secret}`], registry: { token: secret } });
  logger.warn("two", { error: new Fault("denied", `get ${url}: refused`, { reason }), url });
  logger.error("three", {
    error: new Error(`Authorization: Bearer ${secret}`),
    config: { envs: [{ key: "A", value: secret }] },
  });

  expect(lines).toHaveLength(3);
  expect(JSON.stringify(lines)).not.toContain("hunter2");
  expect(lines[1]).toMatchObject({ error: { kind: "denied", reason: { code: "image.refused" } } });
});

test("levels can be changed while children are there", () => {
  const { logger, lines } = open("warn");
  const child = logger.child({});

  child.info("dropped");
  logger.setLevel("debug");
  child.debug("written");

  expect(lines.map(({ msg }) => msg)).toEqual(["written"]);
});
