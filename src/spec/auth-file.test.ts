import { anything, assert, dictionary, property, string, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { Fault } from "#foundation";
import { type AuthFile, decodeAuthFile, findFileCredentials } from "./auth-file.ts";

function fileOf(document: unknown): AuthFile {
  return decodeAuthFile(Buffer.from(JSON.stringify(document)));
}

function basic(username: string): { readonly auth: string } {
  return { auth: btoa(`${username}:p`) };
}

function userFor(name: string, auths: object): string {
  const [host = "", ...path] = name.split("/");
  const credentials = findFileCredentials(fileOf({ auths }), host, path.join("/"));
  return credentials.kind === "password" ? credentials.username : credentials.kind;
}

describe("findFileCredentials()", () => {
  it.each([
    ["r.example/a/b", { "r.example": basic("host") }, "host"],
    ["r.example/a/b", { "r.example": basic("host"), "r.example/a": basic("namespace") }, "namespace"],
    ["r.example/a/b", { "r.example/a": basic("namespace"), "r.example/a/b": basic("repository") }, "repository"],
    ["r.example/ab", { "r.example/a": basic("namespace") }, "none"],
    ["r.example/a", { "r.example:5000": basic("port") }, "none"],
    ["r.example:5000/a", { "r.example:5000": basic("port") }, "port"],
    ["r.example/a", { "https://r.example/v1/": basic("address") }, "address"],
    ["docker.io/library/x", { "https://index.docker.io/v1/": basic("hub") }, "hub"],
    ["registry-1.docker.io/library/x", { "docker.io": basic("hub") }, "hub"],
    ["r.example/a", { "r.example/v2/": basic("address") }, "address"],
    ["r.example/a", { "r.example/a": {}, "r.example": basic("host") }, "host"],
    ["r.example/a", { "r.example": { username: "plain", password: "p" } }, "plain"],
    ["r.example/a", { "r.example": { identitytoken: "t" } }, "refresh-token"],
    ["r.example/a", { "r.example": { registrytoken: "t" } }, "access-token"],
    ["r.example/a", {}, "none"],
  ])("of %s in %j are those of %s", (name, auths, user) => {
    expect(userFor(name, auths)).toBe(user);
  });

  it("refuses an auth that is no pair", () => {
    expect(() => userFor("r.example/a", { "r.example": { auth: "AAAA" } })).toThrow(/not base64 of username:password/);
  });
});

describe("decodeAuthFile()", () => {
  it("tells which helpers it does not run", () => {
    expect(fileOf({ credsStore: "desktop", credHelpers: { "r.example": "x" } }).unheeded).toEqual([
      "credHelpers",
      "credsStore",
    ]);
    expect(fileOf({}).unheeded).toEqual([]);
  });

  it.each([
    ["no object", [], /auth file is not an object/],
    ["a wrong list", { auths: [] }, /auths is not an object/],
    ["a wrong entry", { auths: { r: "x" } }, /auths\["r"\] is not an object/],
    ["a wrong member", { auths: { r: { auth: 3 } } }, /auths\["r"\]\.auth is not a text/],
  ])("refuses %s", (_, document, problem) => {
    expect(() => fileOf(document)).toThrow(problem);
  });

  it("answers any bytes and any document with entries or a fault", () => {
    assert(property(uint8Array(), isAnswered));
    assert(property(anything(), (any) => isAnswered(Buffer.from(JSON.stringify(any) ?? ""))));
    assert(property(dictionary(string(), anything()), (auths) => isAnswered(Buffer.from(JSON.stringify({ auths })))));
  });
});

/** Whether decoding ends in entries, or in a fault that says what is wrong. */
function isAnswered(bytes: Uint8Array): boolean {
  try {
    return decodeAuthFile(bytes).entries instanceof Map;
  } catch (error) {
    return error instanceof Fault && error.kind === "invalid";
  }
}
