import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { needing } from "../../support/needing.ts";
import { refusalOf } from "../../support/refusal.ts";
import { directoryIn } from "../../support/workspace.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { createShell, execSync, idle, runPod, startShell } from "./pod-acts.ts";

const daemon = useDaemon();

/** Writes what a test's devices are into the directory that counts less, or more. */
async function describeDevices(which: "less" | "more", name: string, text: string): Promise<void> {
  const directory = daemon().crispd.cdiSpecDirs[which === "less" ? 0 : 1] ?? "";
  await writeFile(path.join(directory, name), text);
}

/** Says what a script in a container says; both of its streams. */
async function insideOf(containerId: string, script: string): Promise<string> {
  const { stdout, stderr } = await execSync(daemon().client, containerId, ["sh", "-c", script]);
  return (stdout + stderr).trim();
}

test("devices of CDI bring variables, mounts, groups and hooks, by field and by annotation", async () => {
  const { workspace } = daemon();
  const library = await directoryIn(workspace, "library");
  await writeFile(path.join(library, "lib"), "from the vendor\n");
  const said = path.join(workspace.dir, "hook-said");
  await describeDevices(
    "less",
    "gpu.json",
    JSON.stringify({
      cdiVersion: "0.6.0",
      kind: "vendor.com/gpu",
      containerEdits: {
        env: ["VENDOR=yes"],
        mounts: [{ hostPath: library, containerPath: "/lib/gpu", options: ["ro"] }],
      },
      devices: [
        {
          name: "0",
          containerEdits: {
            env: ["GPU=0"],
            additionalGids: [4711],
            hooks: [
              { hookName: "createRuntime", path: "/bin/sh", args: ["sh", "-c", "cat > $FILE"], env: [`FILE=${said}`] },
            ],
          },
        },
      ],
    }),
  );
  const yaml = "cdiVersion: 0.5.0\nkind: vendor.com/net\ndevices:\n- name: a\n  containerEdits:\n    env: [NET=a]\n";
  await describeDevices("less", "net.yaml", yaml);

  const containerId = await startShell(daemon(), await runPod(daemon()), idle, {
    CDIDevices: [{ name: "vendor.com/gpu=0" }],
    annotations: { "cdi.k8s.io/test": "vendor.com/net=a,vendor.com/gpu=0" },
  });

  expect(await insideOf(containerId, "echo $VENDOR $GPU $NET")).toBe("yes 0 a");
  expect(await insideOf(containerId, "cat /lib/gpu/lib")).toBe("from the vendor");
  expect(await insideOf(containerId, "touch /lib/gpu/any")).toContain("Read-only file system");
  expect(await insideOf(containerId, "id -G")).toContain("4711");
  expect(JSON.parse(await readFile(said, "utf8"))).toMatchObject({ id: containerId });
});

test("a device of CDI brings its node, to be used as it says", needing("have devices of the node"), async () => {
  const deviceNodes = [{ path: "/dev/full-of-vendor", hostPath: "/dev/full", permissions: "rw" }];
  const devices = [{ name: "0", containerEdits: { deviceNodes } }];
  await describeDevices("less", "node.json", JSON.stringify({ cdiVersion: "0.6.0", kind: "vendor.com/node", devices }));

  const containerId = await startShell(daemon(), await runPod(daemon()), idle, {
    CDIDevices: [{ name: "vendor.com/node=0" }],
  });

  const said = await insideOf(containerId, "stat -c '%t:%T' /dev/full-of-vendor; echo x > /dev/full-of-vendor");
  expect(said).toMatch(/^1:7\n.*No space left on device/s);
});

test("of the same device the later directory's counts", async () => {
  const { client } = daemon();
  const textOf = (value: string): string =>
    JSON.stringify({
      cdiVersion: "0.6.0",
      kind: "vendor.com/same",
      devices: [{ name: "a", containerEdits: { env: [`FROM=${value}`] } }],
    });
  await describeDevices("less", "same.json", textOf("less"));
  await describeDevices("more", "same.json", textOf("more"));

  const containerId = await startShell(daemon(), await runPod(daemon()), idle, {
    CDIDevices: [{ name: "vendor.com/same=a" }],
  });

  expect((await execSync(client, containerId, ["sh", "-c", "echo $FROM"])).stdout).toBe("more\n");
});

test("a device that nobody describes is refused, with what is wrong with the files", async () => {
  await describeDevices("less", "broken.json", "{");
  const pod = await runPod(daemon());

  const unknown = await refusalOf(createShell(daemon(), pod, idle, { CDIDevices: [{ name: "vendor.com/no=a" }] }));
  const nameless = await refusalOf(createShell(daemon(), pod, idle, { CDIDevices: [{ name: "gpu0" }] }));

  expect(unknown.kind).toBe("invalid");
  expect(unknown.message).toMatch(
    /CDI device vendor\.com\/no=a: no such device; not read: .*broken\.json: is not JSON/,
  );
  expect(nameless.message).toContain('CDI device "gpu0": is not of the form vendor/class=device');
});
