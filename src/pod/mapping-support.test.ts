import { expect, test } from "vitest";
import { Fault } from "#foundation";
import { FakeHost } from "#host";
import { probeMapping } from "./mapping-support.ts";

const can = { probeMapped: () => Promise.resolve() };

test("probeMapping() finds that mapping is possible, and leaves nothing", async () => {
  const host = new FakeHost();

  expect(await probeMapping(host, can, "/run/crisp")).toEqual({ isPossible: true });
  expect([host.snapshot().mounts, await host.files.list("/run/crisp")]).toEqual([[], []]);
});

test("probeMapping() tells what stands in the way: the kernel, the file system, or a directory", async () => {
  const host = new FakeHost();
  const cannot = { probeMapped: () => Promise.reject(new Fault("unsupported", "no idmapped mounts")) };
  const withoutNamespaces = new FakeHost();
  withoutNamespaces.intercept(({ name }) => {
    if (name === "namespaces.pin") throw new Fault("exhausted", "make a user namespace: no space");
  });
  await host.files.makeDirectory("/srv/secret", { mode: 0o700 });

  expect(await probeMapping(host, cannot, "/run/crisp")).toEqual({ isPossible: false, problem: "no idmapped mounts" });
  expect(await probeMapping(withoutNamespaces, can, "/run/crisp")).toMatchObject({
    problem: "make a user namespace: no space",
  });
  expect(await probeMapping(host, can, "/srv/secret/state")).toEqual({
    isPossible: false,
    problem: "/srv/secret has mode 700: a pod's root could not pass to its files",
  });
  expect(host.snapshot().mounts).toEqual([]);
});
