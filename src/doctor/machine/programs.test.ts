import { expect, test } from "vitest";
import type { MachineNeeds } from "./needs.ts";
import { listNeededPrograms, planPrograms } from "./programs.ts";

const needs: MachineNeeds = {
  defaultRuntime: "runc",
  runtimes: { runc: { path: "runc", cniConfDir: "" }, sandboxed: { path: "/opt/runsc", cniConfDir: "" } },
  monitor: { path: "conmon" },
  cni: { confDir: "/etc/cni/net.d", binDirs: ["/opt/cni/bin"] },
  images: { signaturePolicy: "" },
};
const network = { plugins: ["bridge", "host-local"], hasPortMappings: true };
const nodeAlone = { network, handlerNetworks: [], hasApparmor: false };

function programsOf(wants: Parameters<typeof listNeededPrograms>[1]): readonly string[] {
  return listNeededPrograms(needs, wants).map(({ program }) => program);
}

test("the programs of a plain node are its runtimes, its monitor and its network plugins", () => {
  expect(programsOf({ ...nodeAlone, policy: "" })).toEqual(["runc", "/opt/runsc", "conmon", "bridge", "host-local"]);
});

test("gpgv is needed only where a policy wants signatures by GPG, nft only where no plugin makes host ports", () => {
  expect(programsOf({ ...nodeAlone, policy: '{"type": "signedBy"}' })).toContain("gpgv");
  expect(programsOf({ ...nodeAlone, policy: '{"type": "sigstoreSigned"}' })).not.toContain("gpgv");
  expect(programsOf({ ...nodeAlone, network: { ...network, hasPortMappings: false }, policy: "" })).toContain("nft");
});

test("what loads AppArmor's profiles is needed only where the kernel has it", () => {
  expect(programsOf({ ...nodeAlone, policy: "", hasApparmor: true })).toContain("apparmor_parser");
  expect(programsOf({ ...nodeAlone, policy: "" })).not.toContain("apparmor_parser");
});

test("a missing default runtime is a problem, another one's absence a warning", () => {
  const wanted = listNeededPrograms(needs, { ...nodeAlone, policy: "" });

  const findings = planPrograms(wanted, new Set(["conmon", "bridge", "host-local"]));

  expect(findings).toMatchObject([
    { severity: "problem", where: "runc", advice: "install it, or set runtimes.runc.path" },
    { severity: "warning", where: "/opt/runsc" },
  ]);
});

test("a plugin that only handlers of their own network need is missed less", () => {
  const handlerNetworks = [{ plugins: ["macvlan", "host-local"], hasPortMappings: false }];
  const wanted = listNeededPrograms(needs, { ...nodeAlone, handlerNetworks, policy: "" });

  const findings = planPrograms(wanted, new Set(["runc", "/opt/runsc", "conmon", "bridge", "ip", "sysctl"]));

  expect(findings).toMatchObject([
    { severity: "problem", where: "host-local" },
    { severity: "warning", where: "macvlan" },
    { severity: "warning", where: "nft" },
  ]);
});
