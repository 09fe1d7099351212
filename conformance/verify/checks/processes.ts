import { text } from "node:stream/consumers";
import { openRemoteProcess } from "#client";
import type { Check } from "../check.ts";
import { expectSame, expectThat } from "../expect.ts";
import { idle } from "../workbench.ts";

/** Commands in containers, and the streams of containers themselves. */
export const processChecks: readonly Check[] = [
  {
    name: "exec: collects output and exit code",
    run: async (bench) => {
      const container = await bench.startAlone(idle);
      const { stdout, stderr, exitCode } = await bench.execSync(container, [
        "/bin/sh",
        "-c",
        "echo o; echo e >&2; exit 5",
      ]);
      expectSame("its output", `${stdout}${stderr}`, "o\ne\n");
      expectSame("its exit code", exitCode, 5);
    },
  },
  {
    name: "exec: a command that is not there is told",
    run: async (bench) => {
      const container = await bench.startAlone(idle);
      // A failure of the call, or the code that shells have for it.
      const exitCode = await bench.execSync(container, ["/no/such/program"]).then(
        (outcome) => outcome.exitCode,
        () => 127,
      );
      expectThat(exitCode !== 0, "it succeeded");
    },
  },
  {
    name: "exec: a command is ended when its time is over",
    run: async (bench) => {
      const container = await bench.startAlone(idle);
      const ended = await bench.execSync(container, ["sleep", "1234"], 1n).then(
        () => false,
        () => true,
      );
      expectThat(ended, "it was not told that its time was over");
      await bench.waitFor("the command to be gone from the container", async () => {
        const { stdout } = await bench.execSync(container, [
          "/bin/sh",
          "-c",
          "cat /proc/[0-9]*/cmdline | tr '\\0' ' '",
        ]);
        return stdout.includes("sleep 1234") ? undefined : true;
      });
    },
  },
  {
    name: "exec: streams input, output and exit code",
    run: async (bench) => {
      const container = await bench.startAlone(idle);
      const remote = await bench.openExec(container, ["/bin/sh", "-c", "cat; echo e >&2; exit 6"]);
      try {
        const outputs = [remote.stdout, remote.stderr].map(async (stream) =>
          stream === undefined ? "" : await text(stream),
        );
        remote.stdin?.end("x".repeat(100_000));
        const [stdout = "", stderr = ""] = await Promise.all(outputs);
        expectSame("the length of its output", stdout.length, 100_000);
        expectSame("its standard error", stderr, "e\n");
        expectSame("its exit code", await remote.exitCode, 6);
      } finally {
        remote.close();
      }
    },
  },
  {
    name: "exec: has a terminal when it asks for one",
    run: async (bench) => {
      const { id: containerId } = await bench.startAlone(idle);
      const wanted = { tty: true, stdin: true, stdout: true, stderr: false };
      const { url } = await bench.client.exec({
        containerId,
        cmd: ["/bin/sh", "-c", "test -t 0 && echo yes"],
        ...wanted,
      });
      const remote = await openRemoteProcess({ url, transport: "spdy", ...wanted, signal: bench.signal });
      try {
        expectSame("its output", remote.stdout === undefined ? "" : (await text(remote.stdout)).trim(), "yes");
        expectSame("its exit code", await remote.exitCode, 0);
      } finally {
        remote.close();
      }
    },
  },
  {
    name: "attach: joins the streams of a container",
    run: async (bench) => {
      const container = await bench.startAlone("read line; echo got $line", { stdin: true, stdinOnce: true });
      const wanted = { tty: false, stdin: true, stdout: true, stderr: true };
      const { url } = await bench.client.attach({ containerId: container.id, ...wanted });
      const remote = await openRemoteProcess({ url, transport: "spdy", ...wanted, signal: bench.signal });
      try {
        const output = remote.stdout === undefined ? "" : text(remote.stdout);
        remote.stdin?.write("this\n");
        expectSame("what it wrote", await output, "got this\n");
      } finally {
        remote.close();
      }
      await bench.exited(container);
      expectSame("the log", (await bench.readLog(container.logPath))[0]?.text, "got this");
    },
  },
];
