import { expect, test } from "vitest";
import type { FileStat, MountEntry } from "#host";
import { findDevice } from "./find-device.ts";

function mount(target: string, type: string, source: string): MountEntry {
  return { target, type, source, root: "/", options: "rw", propagation: [] };
}

const mounts = [
  mount("/", "ext4", "/dev/sda1"),
  mount("/var", "xfs", "/dev/sdb"),
  mount("/var/lib", "xfs", "/dev/mapper/data"),
  mount("/run", "tmpfs", "tmpfs"),
  mount("/merged", "overlay", "overlay"),
];

test.each([
  ["/home", "/dev/sda1"],
  ["/var", "/dev/sdb"],
  ["/variable", "/dev/sda1"],
  ["/var/lib/crisp", "/dev/mapper/data"],
  ["/run/crisp", "/run"],
  ["/merged/crisp", "overlay_8-300"],
])("%s is on %s", async (path, device) => {
  // 8:300, as the kernel packs it for programs.
  const stat = async (): Promise<FileStat> => ({ device: 0x10082cn }) as FileStat;
  const host = { mounts: { list: async () => mounts }, files: { stat } } as unknown as Parameters<typeof findDevice>[0];

  expect(await findDevice(host, path)).toBe(device);
});

test("of several mounts at one place the last counts", async () => {
  const twice = [...mounts, mount("/var", "ext4", "/dev/sdc1")];
  const host = { mounts: { list: async () => twice }, files: {} } as unknown as Parameters<typeof findDevice>[0];

  expect(await findDevice(host, "/var/cache")).toBe("/dev/sdc1");
});
