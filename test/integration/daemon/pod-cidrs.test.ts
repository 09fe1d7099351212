import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { startCrispd } from "../../support/crispd.ts";
import { refusalOf } from "../../support/refusal.ts";
import { waitFor } from "../../support/wait-for.ts";
import { openWorkspace } from "../../support/workspace.ts";

test("UpdateRuntimeConfig makes the network ready from a template, and follows the node's addresses", async () => {
  await using workspace = await openWorkspace();
  const confDir = path.join(workspace.dir, "net.d");
  const template = path.join(workspace.dir, "cni.template");
  await mkdir(confDir);
  await writeFile(
    template,
    `{"cniVersion": "1.0.0", "name": "${workspace.network}", "plugins": [{
      "type": "bridge", "bridge": "${workspace.bridge}", "isGateway": true,
      "ipam": {"type": "host-local", "dataDir": "${workspace.dir}/leases",
        "ranges": [{{range $i, $range := .PodCIDRRanges}}{{if $i}}, {{end}}[{"subnet": "{{$range}}"}]{{end}}],
        "routes": [{{range $i, $route := .Routes}}{{if $i}}, {{end}}{"dst": "{{$route}}"}{{end}}]}}]}`,
  );
  const cni = { confDir, leases: `${workspace.dir}/leases` };
  const config = `[cni]\nconf_template = "${template}"\n`;
  await using crispd = await startCrispd(workspace, { cni, config, readiness: "runtime" });
  const { client } = crispd;
  const tell = (podCidr: string): Promise<unknown> =>
    client.updateRuntimeConfig({ runtimeConfig: { networkConfig: { podCidr } } });
  const isReady = async (): Promise<boolean> => {
    const { status } = await client.status({});
    return status?.conditions.find(({ type }) => type === "NetworkReady")?.status === true;
  };

  expect(await isReady()).toBe(false);
  await tell(workspace.subnet);
  await waitFor("the network", isReady);
  await tell(`${workspace.subnet},fd00:1::/64`);
  const written = await readFile(path.join(confDir, "10-crisp.conflist"), "utf8");
  const refusal = await refusalOf(tell("10.0.0.0/99"));

  expect(written).toContain(`[[{"subnet": "${workspace.subnet}"}], [{"subnet": "fd00:1::/64"}]]`);
  expect(refusal).toMatchObject({ kind: "invalid" });
  expect(refusal.message).toContain('pod_cidr: "10.0.0.0/99" is no range of addresses');
});
