import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ContainerState } from "#proto/cri/v1/runtime_pb.js";
import { run } from "../../support/child.ts";
import { removeAllPods } from "../../support/cri-server.ts";
import { type Crispd, crispdPath, startCrispd } from "../../support/crispd.ts";
import { buildImage } from "../../support/image.ts";
import { containerConfig, podConfig } from "../../support/pod-config.ts";
import { pushImage } from "../../support/push.ts";
import { startRegistry } from "../../support/registry.ts";
import { slowness } from "../../support/slowness.ts";
import { hasSystemd, systemctl, unitProperties } from "../../support/systemd.ts";
import { waitFor } from "../../support/wait-for.ts";
import { openWorkspace, type Workspace } from "../../support/workspace.ts";
import { containerStatus, execSync, idle } from "./pod-acts.ts";

const packaged = fileURLToPath(new URL("../../../packaging/systemd/", import.meta.url));
/** Units that are gone with the machine. */
const unitDirectory = "/run/systemd/system";
const watchdogSeconds = 6 * slowness;

describe.runIf(hasSystemd)("the units that crisp comes with", () => {
  const owned = new AsyncDisposableStack();
  let workspace: Workspace;
  let crispd: Crispd;
  let service: string;
  let socket: string;
  let containerId: string;

  beforeAll(async () => {
    workspace = owned.use(await openWorkspace());
    crispd = owned.use(await startCrispd(workspace));
    service = `crisp-${workspace.id}.service`;
    socket = `crisp-${workspace.id}.socket`;
    containerId = await startContainer(owned, workspace, crispd);
    await crispd.stop();
    await writeUnit(service, "crisp.service", {
      "ExecStart=/opt/crisp/bin/crispd": `ExecStart=${[crispdPath, ...crispd.args].join(" ")}`,
      "WatchdogSec=60s": `WatchdogSec=${watchdogSeconds}s`,
    });
    await writeUnit(socket, "crisp.socket", {
      "ListenStream=/run/crisp/crisp.sock": `ListenStream=${crispd.socketPath}`,
    });
    await systemctl("daemon-reload");
  });
  afterAll(async () => {
    await systemctl("start", service);
    await removeAllPods(crispd.client);
    await systemctl("stop", socket, service);
    for (const unit of [service, socket]) await rm(path.join(unitDirectory, unit));
    await systemctl("daemon-reload");
    await owned.disposeAsync();
  });

  const expectContainerToRun = async (): Promise<void> => {
    expect((await containerStatus(crispd.client, containerId)).state).toBe(ContainerState.CONTAINER_RUNNING);
    expect((await execSync(crispd.client, containerId, ["echo", "here"])).stdout).toBe("here\n");
  };

  test("it counts as started when it serves, and finds what ran before", async () => {
    await systemctl("start", service);

    expect(await unitProperties(service, ["ActiveState", "SubState", "StatusText", "WatchdogUSec"])).toMatchObject({
      ActiveState: "active",
      SubState: "running",
      StatusText: "serving",
    });
    await expectContainerToRun();
  });

  test("a stop ends the daemon and leaves containers and their monitors", async () => {
    await systemctl("start", service);
    const { info } = await crispd.client.containerStatus({ containerId, verbose: true });
    const { pid } = JSON.parse(info["info"] ?? "{}") as { readonly pid?: number };

    await systemctl("stop", service);

    expect(await systemctl("show", service, "-P", "ActiveState")).toBe("inactive");
    expect(await readFile(`/proc/${pid}/status`, "utf8")).toMatch(/^State:\t[SR]/m);
    await systemctl("start", service);
    await expectContainerToRun();
  });

  test("a reload is over when the configuration has been read anew", async () => {
    await systemctl("start", service);
    const before = await systemctl("show", service, "-P", "MainPID");
    await writeFile(crispd.configFile, "[images]\nkeep_blobs = true\n");

    await systemctl("reload", service);

    const log = await run("journalctl", ["--unit", service, "--output", "cat"]);
    expect(log).toMatch(
      /configuration was read anew.*images\.keep_blobs|images\.keep_blobs.*configuration was read anew/,
    );
    expect(await systemctl("show", service, "-P", "MainPID")).toBe(before);
  });

  test("a daemon that does not answer is started anew, and containers run on", async () => {
    await systemctl("start", service);
    const hung = await systemctl("show", service, "-P", "MainPID");
    process.kill(Number(hung), "SIGSTOP");

    await waitFor(
      "another daemon",
      async () => {
        const { MainPID, SubState } = await unitProperties(service, ["MainPID", "SubState"]);
        return MainPID !== hung && MainPID !== "0" && SubState === "running";
      },
      { timeoutMs: 60_000 },
    );

    expect(await systemctl("show", service, "-P", "NRestarts")).toBe("1");
    await expectContainerToRun();
  });

  test("with the socket held by systemd, a call starts the daemon, and calls wait while it is started anew", async () => {
    await systemctl("stop", service);
    await systemctl("start", socket);

    expect((await crispd.client.version({})).runtimeName).toBe("crisp");
    const restarting = systemctl("restart", service);
    const answers = await Promise.all([restarting, crispd.client.version({}), crispd.client.version({})]);

    expect(answers).toHaveLength(3);
    await expectContainerToRun();
  });
});

async function writeUnit(name: string, source: string, changes: Readonly<Record<string, string>>): Promise<void> {
  const lines = (await readFile(path.join(packaged, source), "utf8")).split("\n");
  const unknown = Object.keys(changes).filter((line) => !lines.includes(line));
  expect(unknown).toEqual([]);
  await writeFile(path.join(unitDirectory, name), lines.map((line) => changes[line] ?? line).join("\n"));
}

async function startContainer(owned: AsyncDisposableStack, workspace: Workspace, { client }: Crispd): Promise<string> {
  const registry = owned.use(await startRegistry(workspace));
  const { reference } = await pushImage(registry, "test/busybox:1", buildImage());
  await client.pullImage({ image: { image: reference } });
  const sandboxConfig = podConfig(workspace, "pod");
  const { podSandboxId } = await client.runPodSandbox({ config: sandboxConfig });
  const config = containerConfig("main", reference, ["sh", "-c", idle]);
  const { containerId } = await client.createContainer({ podSandboxId, config, sandboxConfig });
  await client.startContainer({ containerId });
  return containerId;
}
