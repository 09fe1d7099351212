import { expect, test } from "vitest";
import { FakeHost } from "#host";
import { decodeCniNetworkConfig } from "#spec";
import { listLeases } from "./leases.ts";
import { type PreparedNetwork, prepareNetwork } from "./prepared-network.ts";

const holder = "5a".repeat(32);

function networkWith(ipam: object): PreparedNetwork {
  const plugins = [{ type: "bridge", ipam }, { type: "portmap" }];
  return prepareNetwork(decodeCniNetworkConfig(JSON.stringify({ cniVersion: "1.0.0", name: "pods", plugins })));
}

async function hostWith(files: Readonly<Record<string, string>>): Promise<FakeHost> {
  const host = new FakeHost();
  for (const [path, text] of Object.entries(files)) {
    await host.files.makeDirectory(path.slice(0, path.lastIndexOf("/")));
    await host.files.write(path, text);
  }
  return host;
}

test("listLeases() reads the files that are addresses, and of each the first line", async () => {
  const { files } = await hostWith({
    "/leases/pods/10.0.0.2": `${holder}\r\neth0`,
    "/leases/pods/fd00::2": `${holder}\n`,
    "/leases/pods/last_reserved_ip.0": "10.0.0.2",
    "/leases/pods/lock": "",
    "/leases/others/10.0.0.3": "another network",
  });

  expect(await listLeases(networkWith({ type: "host-local", dataDir: "/leases" }), files)).toEqual([
    { path: "/leases/pods/10.0.0.2", address: "10.0.0.2", holder },
    { path: "/leases/pods/fd00::2", address: "fd00::2", holder },
  ]);
});

test("listLeases() looks where host-local keeps them by itself, and knows no other plugin's", async () => {
  const { files } = await hostWith({ "/var/lib/cni/networks/pods/10.0.0.2": holder });

  expect(await listLeases(networkWith({ type: "host-local" }), files)).toMatchObject([{ address: "10.0.0.2" }]);
  expect(await listLeases(networkWith({ type: "dhcp" }), files)).toEqual([]);
});
