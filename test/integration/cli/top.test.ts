import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { promisify } from "node:util";
import { afterEach, expect, test } from "vitest";
import { waitFor } from "../../support/wait-for.ts";
import { useDaemon } from "../daemon/daemon-fixture.ts";
import { idle, runPod, startShell } from "../daemon/pod-acts.ts";

const program = path.resolve(import.meta.dirname, "../../../bin/crisp");
const execute = promisify(execFile);
const daemon = useDaemon();
const children: ChildProcess[] = [];

const leave = "\x1b[?7h\x1b[?25h\x1b[?1049l";

afterEach(async () => {
  const alive = children.splice(0).filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
  for (const child of alive) {
    child.kill("SIGKILL");
    await once(child, "close");
  }
});

function crisp(words: string): string {
  return `'${program}' -r unix://${daemon().crispd.socketPath} ${words}`;
}

/**
 * A shell on a terminal of its own, 30 rows of 120 columns. Ctrl-C reaches the
 * shell, too: without the trap, it depends on which shell it is whether it
 * lives to tell how the command ended.
 */
function onTerminal(script: string) {
  const child = spawn("script", ["-qec", `trap : INT; stty rows 30 cols 120; tty; ${script}`, "/dev/null"], {
    env: { ...process.env, SHELL: "/bin/sh" },
    stdio: "pipe",
  });
  children.push(child);
  let out = "";
  child.stdout.on("data", (bytes: Buffer) => (out += bytes.toString()));
  child.stdin.on("error", () => undefined); // it has ended, as its outcome tells
  return {
    ended: once(child, "close").then(() => out),
    output: () => out,
    type: (keys: string) => void child.stdin.write(keys),
  };
}

/** What is on the screen after the last frame. */
function lastFrame(output: string): readonly string[] {
  const frame = output.slice(output.lastIndexOf("\x1b[H") + 3).split("\x1b[J")[0] ?? "";
  return frame.split("\x1b[K").map((line) => line.replace(/^\r?\r?\n/, ""));
}

function rowOf(output: string, name: string): readonly string[] | undefined {
  return lastFrame(output)
    .find((line) => line.trimStart().startsWith(name))
    ?.trim()
    .split(/ +/);
}

async function startBurner(): Promise<void> {
  const pod = await runPod(daemon());
  await startShell(daemon(), pod, "while :; do :; done", { metadata: { name: "burner" } });
  await startShell(daemon(), pod, idle, { metadata: { name: "sleeper", attempt: 4 } });
}

test("crisp top shows pods and containers each second, sorts by a key, follows the size, and gives the terminal back", async () => {
  await startBurner();
  const run = onTerminal(`stty -g; ${crisp("top")}; echo code=$?; stty -g`);

  await waitFor("the burner's processor", () => Number(rowOf(run.output(), "burner")?.[2] ?? 0) > 1);
  const frame = lastFrame(run.output());
  expect(frame).toHaveLength(31); // 30 rows, and what is after the last
  expect(frame[0]).toContain("by cpu");
  expect(rowOf(run.output(), "burner")?.[1]).toBe("Running");
  expect(rowOf(run.output(), "sleeper")?.[8]).toBe("4");
  expect(frame.findIndex((line) => line.includes("burner"))).toBeLessThan(
    frame.findIndex((line) => line.includes("sleeper")),
  );
  run.type("r");
  await waitFor("the order by restarts", () => {
    const lines = lastFrame(run.output());
    return (
      lines[0]?.includes("by restarts") === true &&
      lines.findIndex((line) => line.includes("sleeper")) < lines.findIndex((line) => line.includes("burner"))
    );
  });
  const tty = /\/dev\/pts\/\d+/.exec(run.output())?.[0] ?? "";
  await execute("stty", ["-F", tty, "rows", "12", "cols", "60"]);
  await waitFor("the smaller screen", () => lastFrame(run.output()).length === 13);
  run.type("q");

  const output = await run.ended;
  const [before, after] = output.match(/[0-9a-f]+(?::[0-9a-f]+){20,}/g) ?? [];
  expect(before).toBeDefined();
  expect(after).toBe(before);
  expect(output.split(leave)).toHaveLength(2);
  expect(output).toContain("code=0");
});

test("Ctrl-C leaves crisp top, too", async () => {
  const run = onTerminal(`${crisp("top")}; echo code=$?`);
  await waitFor("the first frame", () => run.output().includes("POD / CONTAINER"));

  run.type("\x03");

  const [, ...rest] = (await run.ended).split(leave);
  expect(rest).toEqual([expect.stringContaining("code=0")]);
});

test.each(["TERM", "INT", "HUP"])("crisp top that is ended by SIG%s gives the terminal back", async (signal) => {
  const run = onTerminal(`(echo pid=$(exec sh -c 'echo $PPID'); exec ${crisp("top")}); stty -a; echo end`);
  await waitFor("the first frame", () => run.output().includes("POD / CONTAINER"));
  const pid = Number(/pid=(\d+)/.exec(run.output())?.[1]);

  process.kill(pid, `SIG${signal}`);

  const output = await run.ended;
  expect(output.split(leave)).toHaveLength(2);
  expect(output.slice(output.indexOf(leave))).toMatch(/(?<!-)icanon(?:.|\s)*end/);
});

test("crisp top keeps the last numbers while the runtime is away, says so, and goes on when it is back", async () => {
  await startBurner();
  const run = onTerminal(`${crisp("top")}; echo code=$?`);
  await waitFor("the burner", () => rowOf(run.output(), "burner") !== undefined);

  await daemon().crispd.stop();
  await waitFor("the word of it", () => lastFrame(run.output())[0]?.includes("OLD NUMBERS") === true);
  expect(rowOf(run.output(), "burner")?.[1]).toBe("Running");
  await daemon().crispd.start();
  await waitFor("new numbers", () => lastFrame(run.output())[0]?.includes("OLD NUMBERS") === false);
  run.type("q");

  expect(await run.ended).toContain("code=0");
});

test("crisp top elsewhere than on a terminal prints the table once, without a control character", async () => {
  await startBurner();

  const { stdout } = await execute("sh", ["-c", `${crisp("top")} </dev/null`]);

  expect(stdout).toMatch(/^default\/pod +Ready +\d+\.\d .*\n(?: {2}\w+.*\n){2}/m);
  expect(stdout).not.toContain("\x1b");
});

test("crisp stats --watch shows a table in place of the one before", async () => {
  await startBurner();
  const run = onTerminal(`${crisp("stats --watch")}; echo code=$?`);

  await waitFor("two tables", () => run.output().split("burner").length > 2);
  run.type("\x03");

  const output = await run.ended;
  expect(output.split("\x1b[2J")).toHaveLength(2);
  expect(output).toContain("code=130");
});

test("crisp daemon-logs prints the daemon's log for people, and follows it", async () => {
  const { logFile } = daemon().crispd;
  const child = spawn(program, ["daemon-logs", "-f", "--level", "info", logFile], { stdio: "pipe" });
  children.push(child);
  let out = "";
  child.stdout.on("data", (bytes: Buffer) => (out += bytes.toString()));
  await waitFor("the beginning", () => out.includes("INFO  serving"));

  const pod = await runPod(daemon());

  const line = new RegExp(`INFO  sandbox ready  requestId=[0-9a-f]{16}  sandboxId=${pod.id.slice(0, 13)}  name=pod`);
  await waitFor("the pod's line", () => line.test(out));
  expect(out).not.toContain("DEBUG");
  child.kill("SIGINT");
  await once(child, "close");
});
