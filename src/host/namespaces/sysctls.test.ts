import { describe, expect, it } from "vitest";
import { planSysctls } from "./sysctls.ts";

describe("planSysctls()", () => {
  it.each([
    ["net.ipv4.ip_forward", "/proc/sys/net/ipv4/ip_forward"],
    ["net/ipv4/conf/eth0.1/forwarding", "/proc/sys/net/ipv4/conf/eth0.1/forwarding"],
    ["net.ipv4.conf.eth0/1.forwarding", "/proc/sys/net/ipv4/conf/eth0.1/forwarding"],
    ["kernel.shm_rmid_forced", "/proc/sys/kernel/shm_rmid_forced"],
    ["fs.mqueue.msg_max", "/proc/sys/fs/mqueue/msg_max"],
  ])("reads %s as sysctl does", (name, path) => {
    expect(planSysctls({ [name]: "1" }, ["net", "ipc"])).toEqual([{ path, value: "1" }]);
  });

  it.each(["vm.swappiness", "kernel.panic", "fs.file-max", "netfilter.x"])(
    "refuses %s, which is the node's",
    (name) => {
      expect(() => planSysctls({ [name]: "1" }, ["net", "ipc", "uts"])).toThrow("it belongs to the node");
    },
  );

  it("refuses a sysctl of a namespace that the pod shares with the node", () => {
    expect(() => planSysctls({ "kernel.sem": "1" }, ["net"])).toThrow("the pod has no ipc namespace of its own");
  });

  it.each(["net/../vm/swappiness", "net..ipv4", "net/", "/net/ipv4", "net.ipv4.\0"])("refuses the name %j", (name) => {
    expect(() => planSysctls({ [name]: "1" }, ["net"])).toThrow("it is not a sysctl's name");
  });
});
