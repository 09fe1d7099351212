import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { ListRuntimesResponseSchema } from "#proto/crisp/v1/admin_pb.js";
import { runCrisp } from "../fake/fake-session.ts";

const features = { name: "deaf", version: "1.0", monitorVersion: "2.1.6", seccomp: true };
const answer = create(ListRuntimesResponseSchema, {
  runtimes: [
    { handler: "kata", type: "shim", program: "containerd-shim-kata-v2", problem: "no such file" },
    { handler: "deaf", type: "shim", program: "/deaf", features, latestFailure: "the shim has not answered Create" },
    { handler: "lan", type: "oci", program: "runc", networkProblem: "no network configuration in /etc/cni/lan.d" },
    { handler: "old", type: "oci", program: "/opt/runc", pods: 1, isRetired: true, problem: "no such file" },
    {
      handler: "runc",
      type: "oci",
      program: "runc",
      pods: 3,
      isDefault: true,
      features: { name: "runc", version: "1.1.5", monitorVersion: "2.1.6", seccomp: true, userNamespaces: true },
    },
  ],
});

test("runtimes lists each handler with its health, the default one starred", async () => {
  const { out } = await runCrisp(["runtimes"], { listRuntimes: async () => answer });
  expect(out.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
    ["HANDLER", "TYPE", "PROGRAM", "RUNTIME", "MONITOR", "PODS", "HEALTH", "FEATURES"],
    ["kata", "shim", "containerd-shim-kata-v2", "-", "-", "0", "no such file", "-"],
    [
      "deaf",
      "shim",
      "/deaf",
      "deaf 1.0",
      "2.1.6",
      "0",
      "failed at the last container: the shim has not answered Create",
      "seccomp",
    ],
    ["lan", "oci", "runc", "-", "-", "0", "no network configuration in /etc/cni/lan.d", "-"],
    ["old", "oci", "/opt/runc", "-", "-", "1", "takes no new pods: no such file", "-"],
    ["runc *", "oci", "runc", "runc 1.1.5", "2.1.6", "3", "ok", "user-namespaces,seccomp"],
    [""],
  ]);
});

test("runtimes -o json prints the answer whole", async () => {
  const { out } = await runCrisp(["runtimes", "-o", "json"], { listRuntimes: async () => answer });
  expect(JSON.parse(out)).toMatchObject({
    runtimes: [
      { handler: "kata" },
      { handler: "deaf" },
      { handler: "lan" },
      { handler: "old" },
      { features: { version: "1.1.5" } },
    ],
  });
});
