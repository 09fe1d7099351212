import { describe, expect, it } from "vitest";
import { exampleInput } from "../fake/example-input.ts";
import { buildContainerSpec } from "./build-container-spec.ts";
import { serializeSpec } from "./serialize-spec.ts";

describe("serializeSpec()", () => {
  it("keeps every digit of a limit without limit", () => {
    const endless = { type: "RLIMIT_CORE", soft: 0n, hard: 18_446_744_073_709_551_615n };
    const { spec } = buildContainerSpec(exampleInput({ policy: { rlimits: [endless] } }));

    expect(serializeSpec(spec)).toContain('{"type":"RLIMIT_CORE","soft":0,"hard":18446744073709551615}');
  });
});
