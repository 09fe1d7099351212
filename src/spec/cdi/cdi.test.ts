import { describe, expect, it } from "vitest";
import { parseCdiDeviceName } from "./device-name.ts";
import { parseCdiFile } from "./parse-cdi-file.ts";

const device = { name: "gpu0", containerEdits: { env: ["GPU=0"] } };
const spec = { cdiVersion: "0.6.0", kind: "vendor.com/gpu", devices: [device] };

function parse(changes: object): Promise<unknown> {
  return parseCdiFile("a.json", JSON.stringify({ ...spec, ...changes }));
}

describe("parseCdiDeviceName()", () => {
  it("splits a name", () => {
    expect(parseCdiDeviceName("vendor.com/gpu=mig:1")).toEqual({ kind: "vendor.com/gpu", device: "mig:1" });
  });

  it.each(["", "gpu0", "vendor.com=gpu0", "vendor.com/gpu", "vendor.com/gpu=", "/gpu=0", "a/b=../c"])(
    "refuses %j",
    (text) => {
      expect(() => parseCdiDeviceName(text)).toThrow("is not of the form vendor/class=device");
    },
  );
});

describe("parseCdiFile()", () => {
  it("reads JSON and YAML alike", async () => {
    const yaml =
      "cdiVersion: 0.6.0\nkind: vendor.com/gpu\ndevices:\n- name: gpu0\n  containerEdits:\n    env: [GPU=0]\n";

    const fromYaml = await parseCdiFile("a.yaml", yaml);

    expect(fromYaml).toEqual(await parse({}));
    expect(fromYaml.devices.get("gpu0")).toMatchObject({ env: ["GPU=0"], deviceNodes: [] });
  });

  it("keeps all edits", async () => {
    const containerEdits = {
      deviceNodes: [{ path: "/dev/gpu0", hostPath: "/dev/null", fileMode: 438, permissions: "rw" }],
      mounts: [{ hostPath: "/lib/gpu", containerPath: "/lib/gpu", options: ["ro", "bind"] }],
      hooks: [{ hookName: "createContainer", path: "/bin/hook", args: ["hook", "a"], timeout: 3 }],
      additionalGids: [44],
      intelRdt: { closID: "gold" },
    };

    await expect(parse({ containerEdits })).resolves.toMatchObject({
      edits: {
        deviceNodes: [{ path: "/dev/gpu0", hostPath: "/dev/null", fileMode: 438, permissions: "rw" }],
        mounts: [{ hostPath: "/lib/gpu", containerPath: "/lib/gpu", type: "", options: ["ro", "bind"] }],
        hooks: [{ hookName: "createContainer", path: "/bin/hook", args: ["hook", "a"], env: [], timeoutSeconds: 3 }],
        additionalGids: [44],
        intelRdt: { closID: "gold" },
      },
    });
  });

  it.each([
    ["cdiVersion", { cdiVersion: "7" }],
    ["kind", { kind: "gpu" }],
    ["devices[1].name", { devices: [device, device] }],
    ["devices[0].name", { devices: [{ name: "a b" }] }],
    ["containerEdits.netDevices", { containerEdits: { netDevices: [] } }],
    ["containerEdits.env", { containerEdits: { env: ["=x"] } }],
    ["containerEdits.deviceNodes[0].path", { containerEdits: { deviceNodes: [{ path: "gpu" }] } }],
    ["containerEdits.deviceNodes[0].type", { containerEdits: { deviceNodes: [{ path: "/a", type: "x" }] } }],
    ["containerEdits.hooks[0].hookName", { containerEdits: { hooks: [{ hookName: "later", path: "/a" }] } }],
    ["containerEdits.mounts[0].containerPath", { containerEdits: { mounts: [{ hostPath: "/a" }] } }],
  ])("refuses a bad %s", async (at, changes) => {
    await expect(parse(changes)).rejects.toMatchObject({ kind: "invalid", reason: { code: "spec.cdi", at } });
  });

  it.each([
    ["a.json", "{"],
    ["a.yaml", "a: [\n"],
    ["a.yaml", "- a\n"],
  ])("refuses %s with %j", async (name, text) => {
    await expect(parseCdiFile(name, text)).rejects.toMatchObject({ kind: "invalid" });
  });
});
