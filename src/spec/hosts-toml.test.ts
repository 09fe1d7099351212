import { anything, assert, constantFrom, dictionary, option, property, record, string } from "fast-check";
import { stringify } from "smol-toml";
import { describe, expect, it } from "vitest";
import { Fault } from "#foundation";
import { defaultEndpoint, isLoopback, parseHostsToml } from "./hosts-toml.ts";

describe("parseHostsToml()", () => {
  it("keeps the order of the mirrors and puts the registry last", () => {
    const { mirrors, server } = parseHostsToml(
      `server = "https://real.example"
       [host."https://z.example"]
       [host."https://a.example/proxy"]
       [host."http://127.0.0.1:5000"]`,
      "docker.io",
    );

    expect(mirrors.map(({ baseUrl }) => baseUrl)).toEqual([
      "https://z.example/v2",
      "https://a.example/proxy/v2",
      "http://127.0.0.1:5000/v2",
    ]);
    expect(server?.baseUrl).toBe("https://real.example/v2");
  });

  it("asks Docker Hub under its API's name when no server is given", () => {
    expect(parseHostsToml("", "docker.io").server?.baseUrl).toBe("https://registry-1.docker.io/v2");
  });

  it("leaves the registry out when fallback is off", () => {
    expect(parseHostsToml(`fallback = false\n[host."https://m.example"]`, "docker.io").server).toBeUndefined();
  });

  it("reads every setting of a host", () => {
    const { mirrors } = parseHostsToml(
      `[host."https://m.example/whole/path/"]
         capabilities = ["pull", "push"]
         ca = "ca.pem"
         client = [["c.pem", "k.pem"], "both.pem"]
         skip_verify = true
         override_path = true
         dial_timeout = "1.5s"
         [host."https://m.example/whole/path/".header]
           x-one = "1"
           x-two = ["2", "3"]`,
      "r.example",
    );

    expect(mirrors).toEqual([
      {
        baseUrl: "https://m.example/whole/path",
        capabilities: ["pull"],
        authorities: ["ca.pem"],
        clientCertificates: [
          { certificate: "c.pem", key: "k.pem" },
          { certificate: "both.pem", key: "" },
        ],
        mustVerify: false,
        headers: { "x-one": ["1"], "x-two": ["2", "3"] },
        connectTimeoutMs: 1500,
      },
    ]);
  });

  it.each([
    ["server = 3", /server is not a text/],
    ["server = ", /not TOML/],
    [`server = "ftp://x"`, /not an http or https address/],
    [`server = "https://user:secret@x"`, /not an http or https address/],
    [`[host."https://m"]\nskip_verify = "yes"`, /host\."https:\/\/m"\.skip_verify is not true or false/],
    [`[host."https://m"]\ndial_timeout = "soon"`, /dial_timeout "soon" is not a duration/],
  ])("refuses %j", (text, problem) => {
    expect(() => parseHostsToml(text, "r.example")).toThrow(problem);
  });
});

describe("any hosts.toml", () => {
  it("is answered by endpoints or a fault", () => {
    const isAnswered = (text: string): boolean => {
      try {
        return parseHostsToml(text, "r.example").mirrors.every(({ baseUrl }) => /^https?:\/\/.*[^/]$/.test(baseUrl));
      } catch (error) {
        return error instanceof Fault && error.kind === "invalid";
      }
    };
    const value = option(constantFrom<unknown>(true, "x", "1s", 3, ["pull"], [["a", "b"]], { x: "y" }), {
      nil: undefined,
    });
    const block = record({ capabilities: value, ca: value, client: value, header: value, dial_timeout: value });
    const address = constantFrom("https://a", "a/b", "ftp://x", "", "http://u@x", "https://x?q");

    assert(
      property(dictionary(address, block), value, (host, server) =>
        isAnswered(stringify(JSON.parse(JSON.stringify({ server, host })))),
      ),
    );
    assert(property(string(), isAnswered));
    assert(property(anything(), (any) => isAnswered(`host = ${JSON.stringify(any)}`)));
  });
});

describe("defaultEndpoint()", () => {
  it.each([
    ["127.0.0.1:5000", "http://127.0.0.1:5000/v2"],
    ["localhost:80", "http://localhost/v2"],
    ["[::1]:5000", "http://[::1]:5000/v2"],
    ["r.example:5000", "https://r.example:5000/v2"],
  ])("of %s is %s", (host, url) => {
    expect(defaultEndpoint(host).baseUrl).toBe(url);
  });
});

describe("isLoopback()", () => {
  it.each(["127.0.0.1.example.com", "localhost.example.com", "10.0.0.1", "127.example"])("is false for %s", (host) => {
    expect(isLoopback(host)).toBe(false);
  });
});
