import { expect, test } from "vitest";
import { toAuthConfig, withPullEnvironment } from "./registry-auth.ts";

test.each([
  [{}, undefined],
  [{ creds: "user:pass:word" }, { username: "user", password: "pass:word" }],
  [{ creds: "user" }, { username: "user", password: "" }],
  [{ auth: "dXNlcjpwYXNz" }, { auth: "dXNlcjpwYXNz" }],
])("toAuthConfig() of %j", (flags, expected) => {
  expect(toAuthConfig(flags)).toEqual(expected);
});

test.each([{ creds: "a:b", auth: "x" }, { creds: ":b" }])("toAuthConfig() refuses %j", (flags) => {
  expect(() => toAuthConfig(flags)).toThrow(expect.objectContaining({ kind: "invalid" }));
});

test("withPullEnvironment() lets flags win, and never mixes two kinds of credentials", () => {
  const environment = { CRICTL_AUTH: "env", CRICTL_PULL_TIMEOUT: "1m" };

  expect(withPullEnvironment({ creds: "a:b" }, environment)).toEqual({ creds: "a:b", pullTimeout: 60_000 });
  expect(withPullEnvironment({ pullTimeout: 5 }, environment)).toEqual({ auth: "env", pullTimeout: 5 });
});
