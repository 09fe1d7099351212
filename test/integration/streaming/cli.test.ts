import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, readlink } from "node:fs/promises";
import { connect } from "node:net";
import path from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, expect, test } from "vitest";
import { waitFor } from "../../support/wait-for.ts";
import { useDaemon } from "../daemon/daemon-fixture.ts";
import { execSync, idle, runPod, startShell } from "../daemon/pod-acts.ts";

const program = path.resolve(import.meta.dirname, "../../../bin/crisp");
const transports = ["spdy", "websocket"] as const;
const daemon = useDaemon();

const children: ChildProcess[] = [];

afterEach(async () => {
  for (const child of children
    .splice(0)
    .filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)) {
    child.kill("SIGKILL");
    await once(child, "close");
  }
});

/** One run of `crisp` against the daemon of the test. */
interface Run {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly outcome: Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>;
  type(keys: string): void;
}

function crisp(...args: readonly string[]): Run {
  return watch(spawn(program, argumentsOf(args), { stdio: "pipe" }));
}

/** The same on a terminal of its own. */
function crispOnTerminal(...args: readonly string[]): Run {
  const command = [program, ...argumentsOf(args)].map((word) => `'${word}'`).join(" ");
  return watch(spawn("script", ["-qec", command, "/dev/null"], { stdio: "pipe" }));
}

function argumentsOf(args: readonly string[]): string[] {
  return ["-r", `unix://${daemon().crispd.socketPath}`, ...args];
}

function watch(child: ChildProcess): Run {
  children.push(child);
  let [out, err] = ["", ""];
  child.stdout?.on("data", (bytes: Buffer) => (out += bytes.toString()));
  child.stderr?.on("data", (bytes: Buffer) => (err += bytes.toString()));
  child.stdin?.on("error", () => undefined); // it has ended, as its outcome tells
  const outcome = once(child, "close").then(([code]) => ({ code: code as number | null, out, err }));
  return { child, outcome, output: () => out, type: (keys) => void child.stdin?.write(keys) };
}

async function startIdle(): Promise<string> {
  return startShell(daemon(), await runPod(daemon()), idle);
}

test.each(transports)("crisp exec over %s gives both outputs and the exit code", async (transport) => {
  const id = await startIdle();

  const run = crisp("exec", "--transport", transport, id, "sh", "-c", "echo out; echo err >&2; exit 7");

  expect(await run.outcome).toEqual({ code: 7, out: "out\n", err: "err\n" });
});

test.each(transports)("crisp exec -i over %s passes input on, and its end", async (transport) => {
  const id = await startIdle();
  const run = crisp("exec", "-i", "--transport", transport, id, "wc", "-c");

  run.child.stdin?.end(Buffer.alloc(3_000_000, "x"));

  expect(await run.outcome).toMatchObject({ code: 0, out: "3000000\n" });
});

test("crisp exec gives all of much output", async () => {
  const id = await startIdle();
  const run = spawn(program, argumentsOf(["exec", id, "sh", "-c", "head -c 20000000 /dev/zero"]), { stdio: "pipe" });

  const [output] = await Promise.all([text(run.stdout), once(run, "close")]);

  expect(output.length).toBe(20_000_000);
});

test.each(transports)("crisp exec -it over %s is a terminal", async (transport) => {
  const id = await startIdle();
  const run = crispOnTerminal("exec", "-it", "--transport", transport, id, "sh");
  await waitFor("a prompt", () => run.output().includes("#"));

  run.type("stty size; tty\r");
  await waitFor("the terminal's name", () => run.output().includes("/dev/pts/"));
  run.type("\x03exit 9\r");

  expect((await run.outcome).code).toBe(9);
});

test.each(transports)("crisp exec -it over %s follows the size of its terminal", async (transport) => {
  const id = await startIdle();
  const script = 'trap "stty size" WINCH; echo ready; while :; do sleep 0.1; done';
  const run = crispOnTerminal("exec", "-it", "--transport", transport, id, "sh", "-c", script);
  await waitFor("the command", () => run.output().includes("ready"));

  await resizeTerminal(run, { rows: 33, columns: 99 });
  await waitFor("the first size", () => run.output().includes("33 99"));
  await resizeTerminal(run, { rows: 44, columns: 111 });

  expect(await waitFor("the second size", () => run.output().includes("44 111"))).toBe(true);
  run.type("\x03");
  await run.outcome;
});

/** Makes a run's terminal another size, for which the kernel sends SIGWINCH to who runs in its foreground. */
async function resizeTerminal(
  { child: { pid } }: Run,
  { rows, columns }: { readonly rows: number; readonly columns: number },
): Promise<void> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  const terminal = await readlink(`/proc/${children.trim()}/fd/0`);
  const stty = spawn("stty", ["-F", terminal, "rows", String(rows), "cols", String(columns)], { stdio: "inherit" });
  const [code] = (await once(stty, "close")) as [number | null];
  if (code !== 0) throw new Error(`resize ${terminal}: stty ended with ${code}`);
}

test("Ctrl-C in a terminal is the command's, not crisp's", async () => {
  const id = await startIdle();
  const script = "trap 'echo caught; exit 3' INT; echo ready; while :; do sleep 0.1; done";
  const run = crispOnTerminal("exec", "-it", id, "sh", "-c", script.replaceAll("'", '"'));
  await waitFor("the command", () => run.output().includes("ready"));

  run.type("\x03");

  expect(await run.outcome).toMatchObject({ code: 3, out: expect.stringContaining("caught") as unknown });
});

test("Ctrl-P Ctrl-Q leaves an attached container running", async () => {
  const pod = await runPod(daemon());
  const script = "while read line; do echo got $line; done";
  const id = await startShell(daemon(), pod, script, { stdin: true, tty: true });
  const run = crispOnTerminal("attach", "-it", id);
  await waitFor("an answer", () => {
    run.type("word\r");
    return run.output().includes("got word");
  });

  run.type("\x10\x11");

  expect((await run.outcome).code).toBe(0);
  expect((await execSync(daemon().client, id, ["echo", "alive"])).stdout).toContain("alive");
});

test("crisp attach ends with its container", async () => {
  const pod = await runPod(daemon());
  const id = await startShell(daemon(), pod, "read x; echo got $x; exit 3", { stdin: true });
  const run = crisp("attach", "-i", id);

  await waitFor("the answer", () => {
    run.type("word\n");
    return run.output().includes("got word");
  });

  expect(await run.outcome).toMatchObject({ code: 0, out: "got word\n" });
});

test("a crisp exec that is interrupted ends its command", async () => {
  const id = await startIdle();
  const run = crisp("exec", id, "sh", "-c", "echo up; sleep 4711");
  await waitFor("the command", () => run.output().includes("up"));

  run.child.kill("SIGINT");

  expect((await run.outcome).code).toBe(130);
  await waitFor("the command to end", async () => {
    const { stdout } = await execSync(daemon().client, id, ["ps", "-o", "args"]);
    return !stdout.includes("4711");
  });
});

test.each(transports)("crisp port-forward over %s reaches a server in the pod", async (transport) => {
  const pod = await runPod(daemon());
  await startShell(daemon(), pod, "while :; do echo pong | nc -l -p 7171 127.0.0.1; done");
  const run = crisp("port-forward", "--transport", transport, pod.id, ":7171");
  const local = await waitFor("the port", () => /127\.0\.0\.1:(\d+) -> 7171/.exec(run.output())?.[1]);

  const answer = await waitFor("an answer", async () => {
    const said = await text(connect({ host: "127.0.0.1", port: Number(local) })).catch(() => "");
    return said === "" ? undefined : said;
  });
  run.child.kill("SIGINT");

  expect(answer).toBe("pong\n");
  expect((await run.outcome).code).toBe(130);
});
