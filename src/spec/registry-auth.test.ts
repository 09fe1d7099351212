import { assert, constantFrom, dictionary, property, string, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { Fault } from "#foundation";
import { credentialsFor, decodeAccessToken, parseChallenges, type RegistryAuth } from "./registry-auth.ts";

const noAuth: RegistryAuth = {
  username: "",
  password: "",
  auth: "",
  serverAddress: "",
  identityToken: "",
  registryToken: "",
};

describe("credentialsFor()", () => {
  it.each([
    [
      { username: "u", password: "p" },
      { kind: "password", username: "u", password: "p" },
    ],
    [{ auth: btoa("u:p:q") }, { kind: "password", username: "u", password: "p:q" }],
    [
      { identityToken: "t", username: "<token>" },
      { kind: "refresh-token", token: "t" },
    ],
    [
      { registryToken: "t", username: "u" },
      { kind: "access-token", token: "t" },
    ],
    [{}, { kind: "none" }],
  ])("of %j are %j", (auth, credentials) => {
    expect(credentialsFor("r.example", { ...noAuth, ...auth })).toEqual(credentials);
  });

  it.each([
    ["https://r.example/v1/", "password"],
    ["r.example", "password"],
    ["other.example", "none"],
  ])("meant for %s are %s at r.example", (serverAddress, kind) => {
    expect(credentialsFor("r.example", { ...noAuth, username: "u", serverAddress }).kind).toBe(kind);
  });

  it("meant for the old name of Docker Hub are good at docker.io", () => {
    const auth = { ...noAuth, username: "u", serverAddress: "https://index.docker.io/v1/" };

    expect(credentialsFor("docker.io", auth).kind).toBe("password");
  });

  it("are refused when auth is no pair", () => {
    expect(() => credentialsFor("r.example", { ...noAuth, auth: btoa("nocolon") })).toThrow(/not base64/);
  });
});

describe("parseChallenges()", () => {
  it("reads parameters with commas and quotes in them", () => {
    const header = 'Bearer realm="https://auth.example/token",service="r.example",scope="repository:a/b:pull,push"';

    expect(parseChallenges(header)).toEqual([
      {
        scheme: "bearer",
        parameters: {
          realm: "https://auth.example/token",
          service: "r.example",
          scope: "repository:a/b:pull,push",
        },
      },
    ]);
  });

  it("tells several challenges of one header apart", () => {
    const schemes = parseChallenges('Basic realm="x", Bearer realm="y"').map(({ scheme }) => scheme);

    expect(schemes).toEqual(["basic", "bearer"]);
  });

  it.each(["", "=", '"', "a=b", "Bearer realm=", ",,,"])("survives %j", (header) => {
    expect(() => parseChallenges(header)).not.toThrow();
  });
});

describe("decodeAccessToken()", () => {
  it.each([
    ['{"token":"t","expires_in":300}', "t"],
    ['{"access_token":"t"}', "t"],
  ])("reads %s", (text, token) => {
    expect(decodeAccessToken(Buffer.from(text))).toBe(token);
  });

  it.each(["", "{}", "[]", "null", '{"token":3}'])("refuses %j", (text) => {
    expect(() => decodeAccessToken(Buffer.from(text))).toThrow(/token/);
  });
});

describe("what a registry sends for authentication", () => {
  it("is read back whatever a challenge's parameters hold", () => {
    const name = constantFrom("realm", "service", "scope", "x1");
    assert(
      property(dictionary(name, string({ unit: "binary", maxLength: 40 })), (given) => {
        const parameters = Object.entries(given).map(
          ([key, value]) => `${key}="${value.replaceAll(/["\\\\]/g, "\\\\$&")}"`,
        );

        expect(parseChallenges(`Bearer ${parameters.join(",")}`)).toEqual([
          { scheme: "bearer", parameters: { ...given } },
        ]);
      }),
    );
  });

  it("is answered by challenges, whatever it is, in bounded time", () => {
    assert(property(string({ unit: "binary", maxLength: 2_000 }), (header) => Array.isArray(parseChallenges(header))));
    expect(parseChallenges(`${'a="'.repeat(100_000)}`).length).toBeLessThan(16_384);
  });

  it("gives a token for a header, or a fault", () => {
    const isAnswered = (bytes: Uint8Array): boolean => {
      try {
        return /^[\x21-\x7e]+$/.test(decodeAccessToken(bytes));
      } catch (error) {
        return error instanceof Fault && error.kind === "invalid";
      }
    };

    assert(property(uint8Array(), isAnswered));
    assert(property(string({ unit: "binary" }), (token) => isAnswered(Buffer.from(JSON.stringify({ token })))));
  });
});
