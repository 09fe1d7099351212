import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { ListRuntimesResponseSchema } from "#proto/crisp/v1/admin_pb.js";
import { runCrisp } from "../fake/fake-session.ts";

const answer = create(ListRuntimesResponseSchema, {
  runtimes: [
    { handler: "kata", problem: "no such file" },
    {
      handler: "runc",
      isDefault: true,
      features: { name: "runc", version: "1.1.5", monitorVersion: "2.1.6", seccomp: true, userNamespaces: true },
    },
  ],
});

test("runtimes lists each handler with its health, the default one starred", async () => {
  const { out } = await runCrisp(["runtimes"], { listRuntimes: async () => answer });
  expect(out.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
    ["HANDLER", "RUNTIME", "MONITOR", "HEALTH", "FEATURES"],
    ["kata", "-", "-", "no such file", "-"],
    ["runc *", "runc 1.1.5", "2.1.6", "ok", "user-namespaces,seccomp"],
    [""],
  ]);
});

test("runtimes -o json prints the answer whole", async () => {
  const { out } = await runCrisp(["runtimes", "-o", "json"], { listRuntimes: async () => answer });
  expect(JSON.parse(out)).toMatchObject({ runtimes: [{ handler: "kata" }, { features: { version: "1.1.5" } }] });
});
