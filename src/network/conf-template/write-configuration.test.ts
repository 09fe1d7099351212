import { beforeEach, describe, expect, it } from "vitest";
import { silentLogger } from "#foundation";
import { FakeHost } from "#host";
import { writeConfiguration } from "./write-configuration.ts";

const options = { confDir: "/etc/cni/net.d", confTemplate: "/etc/crisp/cni.template" };
const own = "/etc/cni/net.d/10-crisp.conflist";
const template = `{"cniVersion":"1.0.0","name":"pods","plugins":[{"type":"bridge","ipam":{"type":"host-local",
"ranges":[{{range $i, $range := .PodCIDRRanges}}{{if $i}},{{end}}[{"subnet":"{{$range}}"}]{{end}}],
"routes":[{{range $i, $route := .Routes}}{{if $i}},{{end}}{"dst":"{{$route}}"}{{end}}]}}]}`;

describe("writeConfiguration()", () => {
  let host: FakeHost;
  const write = (podCidrs: string, confTemplate = options.confTemplate): Promise<void> =>
    writeConfiguration(podCidrs, { ...options, confTemplate }, { files: host.files, logger: silentLogger });

  beforeEach(async () => {
    host = new FakeHost();
    await host.files.makeDirectory("/etc/crisp");
    await host.files.write(options.confTemplate, template);
  });

  it("fills in the template, and again when the ranges change", async () => {
    await write("10.1.0.0/24");
    const first = await host.files.readText(own);
    await write("10.2.0.0/24, fd00:2::/64");

    expect(first).toContain('"ranges":[[{"subnet":"10.1.0.0/24"}]],\n"routes":[{"dst":"0.0.0.0/0"}]');
    expect(await host.files.readText(own)).toContain(
      '"ranges":[[{"subnet":"10.2.0.0/24"}],[{"subnet":"fd00:2::/64"}]],\n"routes":[{"dst":"0.0.0.0/0"},{"dst":"::/0"}]',
    );
  });

  it("leaves a configuration of somebody else's alone", async () => {
    await host.files.makeDirectory(options.confDir);
    await host.files.write(
      `${options.confDir}/20-calico.conflist`,
      '{"cniVersion":"1.0.0","name":"calico","plugins":[{"type":"calico"}]}',
    );

    await write("10.1.0.0/24");

    expect(await host.files.list(options.confDir)).toEqual(["20-calico.conflist"]);
  });

  it("writes nothing without a template", async () => {
    await write("10.1.0.0/24", "");

    expect(await host.files.stat(own)).toBeUndefined();
  });

  it.each(["", "10.1.0.0", "10.1.0.0/33", "fd00::/129", "10.1.0.0/24,", "fe80::1%eth0/64", "10.1.0.0/24/8", "x"])(
    "refuses the range %j",
    async (podCidrs) => {
      await expect(write(podCidrs)).rejects.toThrow(/^pod_cidr: ".*" is no range of addresses$/);
    },
  );

  it("writes no configuration that the network could not use", async () => {
    await host.files.write(options.confTemplate, '{"name":"{{.PodCIDR}}"');

    await expect(write("10.1.0.0/24")).rejects.toThrow("fill in the network's template: /etc/crisp/cni.template for");
    expect(await host.files.stat(own)).toBeUndefined();
  });

  it("names a template that is not there", async () => {
    await expect(write("10.1.0.0/24", "/etc/nosuch")).rejects.toMatchObject({ kind: "not-found" });
  });
});
