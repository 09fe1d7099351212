import { describe, expect, it } from "vitest";
import { decodeAuthFile, defaultEndpoint, parseReference, type RegistryAuth } from "#spec";
import { chooseCredentials } from "./open-repository.ts";

const reference = parseReference("r.example/team/app:v1");
const noFile = { entries: new Map(), unheeded: [] };
const registry = { settings: defaultEndpoint("r.example"), path: "team/app", isRegistry: true };
const moved = { settings: defaultEndpoint("real.example"), path: "moved/app", isRegistry: true };
const mirror = { settings: defaultEndpoint("m.example"), path: "team/app", isRegistry: false };

function authOf(serverAddress: string): RegistryAuth {
  return { username: "caller", password: "p", auth: "", serverAddress, identityToken: "", registryToken: "" };
}

describe("chooseCredentials()", () => {
  it.each([
    ["the registry", registry, "", "caller"],
    ["the registry", registry, "r.example", "caller"],
    ["the registry", registry, "other.example", "none"],
    ["a moved registry", moved, "r.example", "caller"],
    ["a moved registry", moved, "https://real.example/v2/", "caller"],
    ["a mirror", mirror, "", "caller"],
    ["a mirror", mirror, "r.example", "none"],
    ["a mirror", mirror, "m.example", "caller"],
  ])("shows %s the caller's credentials only when they are for it (%#)", (_, endpoint, serverAddress, expected) => {
    const credentials = chooseCredentials(endpoint, reference, authOf(serverAddress), noFile);

    expect(credentials.kind === "password" ? credentials.username : credentials.kind).toBe(expected);
  });

  it.each([
    ["the registry", registry, "r.example/team"],
    ["a moved registry", moved, "r.example/team"],
    ["a mirror", mirror, "m.example"],
  ])("takes those of the operator's file for %s: %#", (_, endpoint, expected) => {
    const auths = Object.fromEntries(
      ["r.example", "r.example/team", "m.example", "real.example"].map((key) => [key, { auth: btoa(`${key}:p`) }]),
    );
    const file = decodeAuthFile(Buffer.from(JSON.stringify({ auths })));

    expect(chooseCredentials(endpoint, reference, undefined, file)).toMatchObject({ username: expected });
    expect(chooseCredentials(endpoint, reference, authOf("else.example"), file)).toMatchObject({ username: expected });
    expect(chooseCredentials(endpoint, reference, authOf(""), file)).toMatchObject({ username: "caller" });
  });
});
