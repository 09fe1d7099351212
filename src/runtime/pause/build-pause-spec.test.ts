import { describe, expect, it } from "vitest";
import { exampleInput, exampleSandbox } from "../fake/example-input.ts";
import { buildPauseSpec } from "./build-pause-spec.ts";

const { cgroup, machine } = exampleInput();
const namespaces = { network: { path: "/ns/net" }, ipc: { path: "/ns/ipc" }, uts: { path: "/ns/uts" } };

describe("buildPauseSpec()", () => {
  const { spec, clamped } = buildPauseSpec({
    sandbox: exampleSandbox,
    rootfsPath: "/pause",
    namespaces,
    cgroup,
    machine,
  });

  it("gives the process a PID namespace of its own in the pod's other ones", () => {
    expect(spec.linux.namespaces).toEqual([
      { type: "mount" },
      { type: "pid" },
      { type: "network", path: "/ns/net" },
      { type: "ipc", path: "/ns/ipc" },
      { type: "uts", path: "/ns/uts" },
    ]);
  });

  it("gives it no rights", () => {
    expect(spec.process).toMatchObject({
      args: ["/pause"],
      user: { uid: 65_535, gid: 65_535 },
      noNewPrivileges: true,
      capabilities: { bounding: [], effective: [], permitted: [] },
    });
    expect(spec.root.readonly).toBe(true);
    expect(spec.linux.seccomp?.defaultAction).toBe("SCMP_ACT_ERRNO");
  });

  it("protects it from the kernel's search for memory as far as the daemon may", () => {
    expect(spec.process.oomScoreAdj).toBe(-500);
    expect(clamped).toEqual([{ what: "oom-score-adj", asked: "-998", granted: "-500" }]);
  });
});
