import { expect, test } from "vitest";
import { FakeNode } from "../engine-fixture.ts";
import { sandboxConfig } from "../fixtures.ts";

function sharingPids(ref: string) {
  const { security } = sandboxConfig();
  const namespaces = { ...security.namespaces, pid: "pod" } as const;
  return sandboxConfig({ security: { ...security, namespaces, seccomp: { kind: "localhost", ref } } });
}

test("startPause() filters the process's system calls with the profile that the sandbox names", async () => {
  const node = new FakeNode();
  await node.host.files.makeDirectory("/proc/sys/kernel/seccomp");
  await node.host.files.write("/proc/sys/kernel/seccomp/actions_avail", "kill errno allow");
  const engine = await node.openEngine();
  const profile = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["chmod"], action: "SCMP_ACT_ERRNO" }] };
  await node.host.files.write("/etc/no-chmod.json", JSON.stringify(profile));

  const id = await engine.runSandbox(sharingPids("/etc/no-chmod.json"), "");

  expect(node.runtime.container(id).request.spec.linux.seccomp).toMatchObject({
    defaultAction: "SCMP_ACT_ALLOW",
    syscalls: [{ names: ["chmod"], action: "SCMP_ACT_ERRNO" }],
  });
});

test("startPause() names a profile that is not there, and nothing of the sandbox is left", async () => {
  const node = new FakeNode();
  const engine = await node.openEngine();

  await expect(engine.runSandbox(sharingPids("/etc/nosuch.json"), "")).rejects.toThrow(
    "start pause process: seccomp profile /etc/nosuch.json",
  );

  expect(engine.listSandboxes({})).toEqual([]);
});
