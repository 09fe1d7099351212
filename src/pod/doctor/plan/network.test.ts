import { expect, test } from "vitest";
import type { SandboxId } from "#foundation";
import { sandboxRecord } from "../../fixtures.ts";
import { type ObservedNetwork, planNetwork } from "./network.ts";
import { steadyOf } from "./plan-fixture.ts";

const pod = sandboxRecord();
const stray = "ab".repeat(32) as SandboxId;
const records = steadyOf({ sandboxes: [pod] });
const ours = { ...records, wasOurs: () => true };
const attached = { sandboxId: pod.id, networkName: "pods", interfaceName: "eth0", netnsPath: "/run/x" };
const leaseOf = (holder: SandboxId, address = "10.0.0.2") => ({ path: `/leases/${address}`, address, holder });

const whole: ObservedNetwork = {
  attachments: [attached],
  leases: [leaseOf(pod.id)],
  hostPorts: { strays: [], unpublished: [] },
  firewalled: new Set([pod.id]),
  refusals: new Map(),
  ownsNetworks: false,
};

test("planNetwork() finds nothing where all agrees", () => {
  expect(planNetwork(ours, whole)).toEqual([]);
});

test("an attachment without a pod is detached; its lease and rules go with it", () => {
  const attachments = [attached, { ...attached, sandboxId: stray }];
  const leases = [...whole.leases, leaseOf(stray, "10.0.0.9")];

  const findings = planNetwork(ours, { ...whole, attachments, leases, firewalled: new Set([stray]) });

  expect(findings).toMatchObject([{ severity: "problem", where: stray, mend: { do: "detach", id: stray } }]);
});

test("a lease without a pod is given back when it is ours: by its id, or because the network is", () => {
  const observed = { ...whole, leases: [...whole.leases, leaseOf(stray, "10.0.0.9")] };
  const given = [{ where: "/leases/10.0.0.9", mend: { do: "forget-leases", id: stray } }];

  expect(planNetwork(records, observed)).toEqual([]);
  expect(planNetwork(ours, observed)).toMatchObject(given);
  expect(planNetwork(records, { ...observed, ownsNetworks: true })).toMatchObject(given);
});

test("rules without a pod are removed only when it was ours", () => {
  const observed = { ...whole, firewalled: new Set([stray]) };

  expect(planNetwork(records, observed)).toEqual([]);
  expect(planNetwork(ours, observed)).toMatchObject([{ mend: { do: "remove-firewall-rules", id: stray } }]);
});

test("a pod whose attachment is forgotten, whose check fails, or whose ports are gone is told of", () => {
  const unpublished = { strays: [], unpublished: [pod.id] };

  expect(planNetwork(records, { ...whole, attachments: [] })).toMatchObject([{ where: pod.id, severity: "problem" }]);
  expect(planNetwork(records, { ...whole, refusals: new Map([[pod.id, "no eth0"]]) })).toMatchObject([
    { where: pod.id, what: "the network of pod default/web is not as it was made: no eth0" },
  ]);
  expect(planNetwork(records, { ...whole, hostPorts: unpublished })).toMatchObject([
    { where: pod.id, mend: { do: "publish-host-ports", id: pod.id } },
  ]);
});

test("two pods with one address are told of", () => {
  expect(planNetwork(records, { ...whole, leases: [leaseOf(stray)] })).toMatchObject([
    { severity: "problem", what: `address 10.0.0.2 of pod default/web is given away to ${stray}` },
  ]);
});

test("a table of host ports without a pod is withdrawn, one of a pod that comes or goes just now is not", () => {
  const strays = [`crisp_01234567_${stray}`, `crisp_01234567_${pod.id}`];

  expect(planNetwork(records, { ...whole, hostPorts: { strays, unpublished: [] } })).toMatchObject([
    { where: `nftables table inet ${strays[0]}`, mend: { do: "withdraw-stray-host-ports" } },
  ]);
});
