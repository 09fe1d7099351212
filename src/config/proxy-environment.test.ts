import { describe, expect, it } from "vitest";
import { readProxyEnvironment } from "./proxy-environment.ts";

describe("readProxyEnvironment()", () => {
  it("takes capitals first, then small letters, and an empty one for none", () => {
    const env = { HTTP_PROXY: "one", http_proxy: "two", https_proxy: "three", NO_PROXY: "", no_proxy: "four" };

    expect(readProxyEnvironment(env)).toEqual({ httpProxy: "one", httpsProxy: "three", noProxy: "four" });
    expect(readProxyEnvironment({})).toEqual({ httpProxy: "", httpsProxy: "", noProxy: "" });
  });
});
