import { describe, expect, it } from "vitest";
import { parseBandwidth } from "./bandwidth.ts";

const ingress = "kubernetes.io/ingress-bandwidth";
const egress = "kubernetes.io/egress-bandwidth";

describe("parseBandwidth()", () => {
  it("finds no limits in other annotations", () => {
    expect(parseBandwidth({ "kubernetes.io/other": "1M" })).toBeUndefined();
  });

  it("gives each direction its rate, with the largest burst", () => {
    expect(parseBandwidth({ [ingress]: "10M", [egress]: "1Gi" })).toEqual({
      ingressRate: 10_000_000,
      ingressBurst: 4_294_967_295,
      egressRate: 1_073_741_824,
      egressBurst: 4_294_967_295,
    });
  });

  it.each([
    ["1k", 1_000],
    ["1P", 1_000_000_000_000_000],
    ["1500", 1_500],
    ["1.5M", 1_500_000],
    [".5M", 500_000],
    ["1e6", 1_000_000],
    ["2E3", 2_000],
    ["1000500m", 1_001],
    ["2Ki", 2_048],
  ])("reads %s as a quantity", (text, rate) => {
    expect(parseBandwidth({ [egress]: text })?.egressRate).toBe(rate);
  });

  it.each(["", "fast", "-1M", "1MB", "999", "2P", "1E", "1e999", "NaN", "1 M", "0x10"])("refuses %j", (text) => {
    expect(() => parseBandwidth({ [ingress]: text })).toThrow(
      `annotation ${ingress}: ${JSON.stringify(text)} is no bandwidth from 1k to 1P`,
    );
  });
});
