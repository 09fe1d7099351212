import { expect, test } from "vitest";
import { decodeCrictlConfig } from "./crictl-config.ts";

test("decodeCrictlConfig() reads every key that crictl knows", () => {
  const text = `---
# the node's runtime
runtime-endpoint: unix:///run/crisp/crisp.sock # comment
image-endpoint: "unix:///run/image.sock"
timeout: 10
debug: false

pull-image-on-create: true
disable-pull-on-run: false
max-retries: 3
`;

  expect(decodeCrictlConfig("crictl.yaml", text)).toEqual({
    runtimeEndpoint: "unix:///run/crisp/crisp.sock",
    imageEndpoint: "unix:///run/image.sock",
    timeoutMs: 10_000,
    isDebug: false,
    pullsOnCreate: true,
  });
});

test.each([
  ["runtime: x", "crictl.yaml:1: unknown key runtime"],
  ["\ndebug: maybe", 'crictl.yaml:2: debug: expected true or false, got "maybe"'],
  ["timeout: soon", 'crictl.yaml:1: timeout: expected a whole number, got "soon"'],
  ["max-retries: x", "crictl.yaml:1: max-retries: expected a whole number"],
  ["- a", 'crictl.yaml:1: expected "key: value", got "- a"'],
])("decodeCrictlConfig() of %j names the place", (text, message) => {
  expect(() => decodeCrictlConfig("crictl.yaml", text)).toThrow(message);
});

test("decodeCrictlConfig() of an empty file says nothing", () => {
  expect(decodeCrictlConfig("crictl.yaml", "")).toEqual({});
});
