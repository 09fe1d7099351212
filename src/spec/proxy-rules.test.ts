import { assert, property, string, webUrl } from "fast-check";
import { describe, expect, it } from "vitest";
import { parseProxyRules, proxyOf } from "./proxy-rules.ts";

const proxies = { httpProxy: "http://plain.proxy:3128", httpsProxy: "http://secure.proxy:3128", noProxy: "" };

function proxyFor(address: string, change: Partial<typeof proxies> = {}): string | undefined {
  return proxyOf(new URL(address), parseProxyRules({ ...proxies, ...change }))?.origin;
}

describe("proxyOf()", () => {
  it("goes by the scheme", () => {
    expect(proxyFor("http://r.example/")).toBe("http://plain.proxy:3128");
    expect(proxyFor("https://r.example/")).toBe("http://secure.proxy:3128");
    expect(proxyFor("https://r.example/", { httpsProxy: "" })).toBeUndefined();
    expect(proxyOf(new URL("https://r.example"), parseProxyRules())).toBeUndefined();
  });

  it.each(["http://127.0.0.1:5000", "http://127.9.9.9", "http://localhost:5000", "http://[::1]:5000"])(
    "never stands between this machine and itself: %s",
    (address) => {
      expect(proxyFor(address)).toBeUndefined();
    },
  );

  it.each([
    ["r.example", "https://r.example", true],
    ["r.example", "https://a.r.example", true],
    ["r.example", "https://ar.example", false],
    [".r.example", "https://r.example", false],
    [".r.example", "https://a.r.example", true],
    ["*.r.example", "https://a.b.r.example", true],
    ["*.r.example", "https://r.example", false],
    ["R.EXAMPLE", "https://r.Example.", true],
    ["r.example:5000", "https://r.example:5000", true],
    ["r.example:5000", "https://r.example", false],
    ["r.example:443", "https://r.example", true],
    ["r.example:80", "http://r.example", true],
    ["10.0.0.0/8", "https://10.1.2.3:5000", true],
    ["10.0.0.0/8", "https://11.1.2.3", false],
    ["10.0.0.0/99", "https://10.1.2.3", false],
    ["10.1.2.3", "https://10.1.2.3", true],
    ["10.1.2.3", "https://10.1.2.30", false],
    ["10.1.2.3:5000", "https://10.1.2.3", false],
    ["fd00::/8", "https://[fd12::1]", true],
    ["fd12::1", "https://[fd12:0::1]:5000", true],
    ["[fd12::1]:5000", "https://[fd12::1]:5000", true],
    ["[fd12::1]:5000", "https://[fd12::1]", false],
    ["*", "https://anything.example", true],
    [" x.example , r.example ,,", "https://r.example", true],
    ["", "https://r.example", false],
  ])("is none by NO_PROXY=%j for %s: %j", (noProxy, address, isDirect) => {
    expect(proxyFor(address, { noProxy }) === undefined).toBe(isDirect);
  });

  it("answers any exceptions", () => {
    assert(
      property(string(), webUrl(), (noProxy, address) => {
        const found = proxyFor(address, { noProxy });
        return found === undefined || found.endsWith(".proxy:3128");
      }),
    );
  });
});

describe("parseProxyRules()", () => {
  it.each([
    ["proxy:3128", { origin: "http://proxy:3128", hostname: "proxy", port: 3128, isSecure: false }],
    ["https://proxy", { origin: "https://proxy", hostname: "proxy", port: 443, isSecure: true }],
    ["http://[fd00::1]:3128", { hostname: "fd00::1", port: 3128, authorization: undefined }],
    ["http://me:p%40ss@proxy", { origin: "http://proxy", port: 80, authorization: `Basic ${btoa("me:p@ss")}` }],
  ])("reads %s", (httpsProxy, expected) => {
    expect(parseProxyRules({ ...proxies, httpsProxy }).https).toMatchObject(expected);
  });

  it.each(["socks5://user:secret@proxy:1080", "http://", "http://user:secret%@proxy"])(
    "refuses %s without showing it",
    (httpsProxy) => {
      expect(() => parseProxyRules({ ...proxies, httpsProxy })).toThrow(/^HTTPS_PROXY (?:(?!secret).)*$/);
    },
  );
});
