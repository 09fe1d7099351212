import { expect, test } from "vitest";
import { redactFacts, redactText } from "./redact.ts";

test.each([
  ["get https://me:hunter2@registry.example/v2/: refused", "get https://[redacted]@registry.example/v2/: refused"],
  ["get https://cdn.example/blob?sig=abc&x=1: gone", "get https://cdn.example/blob?[redacted] gone"],
  ["Authorization: Bearer eyJhbGciOi.J9.xyz", "Authorization: Bearer [redacted]"],
  ['sent {"authorization":"Basic dXNlcjpwYXNz="}', 'sent {"authorization":"Basic [redacted]"}'],
  ["refused Bearer abc.def.ghi", "refused Bearer [redacted]"],
  ["pull nginx:1.27: layer sha256:ab: digest mismatch", "pull nginx:1.27: layer sha256:ab: digest mismatch"],
  ["user@host did basic things", "user@host did basic things"],
])("redactText(%j)", (text, expected) => {
  expect(redactText(text)).toBe(expected);
});

test("redactFacts() hides values by their names, however deep, and whatever they are", () => {
  const auth = { username: "me", password: "hunter2" };
  const facts = { image: "a", auth, deep: [{ identityToken: "t", api_key: 5, name: "x" }], password: "" };

  expect(redactFacts(facts)).toEqual({
    image: "a",
    auth: "[redacted]",
    deep: [{ identityToken: "[redacted]", api_key: "[redacted]", name: "x" }],
    password: "",
  });
});

test.each([
  [
    ["A=1", "B=x=y"],
    ["A=[redacted]", "B=[redacted]"],
  ],
  [[{ key: "A", value: "1" }], [{ key: "A", value: "[redacted]" }]],
  [{ A: "1" }, { A: "[redacted]" }],
])("redactFacts() keeps of the environment %j only the names", (env, expected) => {
  expect(redactFacts({ env })).toEqual({ env: expected });
});

test("redactFacts() leaves errors, dates and other objects as they are, and ends on what contains itself", () => {
  const error = new Error("x");
  const date = new Date(0);
  const loop: Record<string, unknown> = {};
  loop["self"] = loop;

  expect(redactFacts({ error, date, count: 5n })).toEqual({ error, date, count: 5n });
  expect(JSON.stringify(redactFacts({ loop }))).toContain("…");
});
