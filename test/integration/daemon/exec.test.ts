import { expect, test } from "vitest";
import { useDaemon } from "./daemon-fixture.ts";
import { createShell, execSync, idle, runPod, startShell } from "./pod-acts.ts";

const daemon = useDaemon();

test("ExecSync gives both outputs and the exit code", async () => {
  const { client } = daemon();
  const containerId = await startShell(daemon(), await runPod(daemon()), idle);

  const result = await execSync(client, containerId, ["sh", "-c", "echo out; echo err >&2; exit 7"]);

  expect(result).toEqual({ stdout: "out\n", stderr: "err\n", exitCode: 7 });
});

test("ExecSync runs with the container's environment and directory", async () => {
  const { client } = daemon();
  const pod = await runPod(daemon(), { hostname: "named" });
  const containerId = await startShell(daemon(), pod, idle, {
    envs: [{ key: "GREETING", value: Buffer.from("hello") }],
    workingDir: "/tmp",
  });

  const { stdout } = await execSync(client, containerId, ["sh", "-c", "echo $GREETING; pwd; hostname"]);

  expect(stdout).toBe("hello\n/tmp\nnamed\n");
});

test("ExecSync ends with DEADLINE_EXCEEDED when its time is over, and its processes are gone", async () => {
  const { client } = daemon();
  const containerId = await startShell(daemon(), await runPod(daemon()), idle);

  const running = client.execSync({ containerId, cmd: ["sh", "-c", "sleep 4321 & sleep 4321"], timeout: 1n });

  await expect(running).rejects.toMatchObject({ kind: "timed-out" });
  const { stdout } = await execSync(client, containerId, ["ps", "-o", "args"]);
  expect(stdout).not.toContain("4321");
});

test("ExecSync of a command that does not exist fails and names it", async () => {
  const { client } = daemon();
  const containerId = await startShell(daemon(), await runPod(daemon()), idle);

  await expect(execSync(client, containerId, ["/no/such/command"])).rejects.toThrow("/no/such/command");
});

test("ExecSync in a container that does not run is refused", async () => {
  const { client } = daemon();
  const containerId = await createShell(daemon(), await runPod(daemon()), idle);

  await expect(execSync(client, containerId, ["true"])).rejects.toMatchObject({ kind: "wrong-state" });
});

test("ExecSync cuts what no answer can hold, and answers", async () => {
  const { client } = daemon();
  const containerId = await startShell(daemon(), await runPod(daemon()), idle);

  const { stdout, exitCode } = await client.execSync({
    containerId,
    cmd: ["head", "-c", "17000000", "/dev/zero"],
    timeout: 30n,
  });

  expect(exitCode).toBe(0);
  expect(stdout.length).toBeGreaterThan(16_700_000);
  expect(stdout.length).toBeLessThan(16 * 1024 * 1024);
});
