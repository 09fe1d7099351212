import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { refusalOf } from "../../support/refusal.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { createShell, execSync, idle, runPod, startShell } from "./pod-acts.ts";

const classesFile = path.join("/tmp", `crisp-blockio-${process.pid}.yaml`);
const daemon = useDaemon({ config: `[blockio]\nconfig_file = "${classesFile}"\n` });
const isV2 = (await readdir("/sys/fs/cgroup")).includes("cgroup.controllers");

/** A disk of the machine, by its name in /dev. */
let disk = "";
let numbers = "";

beforeAll(async () => {
  disk = (await readdir("/sys/block")).find((name) => /^(vd|sd|nvme|xvd)/.test(name)) ?? "";
  numbers = (await readFile(`/sys/block/${disk}/dev`, "utf8")).trim();
  await writeFile(
    classesFile,
    `Classes:
  slow:
  - Devices: [/dev/${disk}]
    ThrottleReadBps: 10M
    ThrottleWriteIOPS: 200
`,
  );
});

afterAll(async () => {
  await rm(classesFile, { force: true });
});

test("a container of a class of block I/O has its rates", async () => {
  const { client } = daemon();
  const pod = await runPod(daemon(), {
    annotations: { "blockio.resources.beta.kubernetes.io/container.main": "slow" },
  });
  const containerId = await startShell(daemon(), pod, idle);

  const files = isV2 ? ["io.max"] : ["blkio/blkio.throttle.read_bps_device", "blkio/blkio.throttle.write_iops_device"];
  const { stdout } = await execSync(client, containerId, ["cat", ...files.map((name) => `/sys/fs/cgroup/${name}`)]);

  expect(stdout.trim()).toBe(
    isV2 ? `${numbers} rbps=10000000 wbps=max riops=max wiops=200` : `${numbers} 10000000\n${numbers} 200`,
  );
});

test("a class that the file does not have is refused", async () => {
  const pod = await runPod(daemon());
  const refused = await refusalOf(
    createShell(daemon(), pod, idle, { annotations: { "io.kubernetes.cri.blockio-class": "fast" } }),
  );

  expect(refused).toMatchObject({ kind: "invalid" });
  expect(refused.message).toContain("no class of block I/O is called fast; known are slow");
});
