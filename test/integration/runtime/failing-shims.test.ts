import { describe, expect, it } from "vitest";
import { ended, lateInCreate, placeOfPlayed, placeOfScript, refusal, requestContainer } from "./failing-shim.ts";

describe.concurrent("a shim that does not start", () => {
  it.for([
    ["it fails, and says why", 'echo "no /dev/hypervisor" >&2; exit 1', "exit code 1: no /dev/hypervisor"],
    ["it fails, and does not say why", "exit 3", "exit code 3"],
    ["it hangs", "sleep 1000", "it did not end in N ms and was killed"],
    [
      "it prints no address",
      "echo hello",
      'decode the answer of a shim\'s start: "hello" is no address of a unix socket',
    ],
    [
      "it prints an address where nobody is",
      "echo unix:///no/such",
      "nobody is at the address that the shim's start gave: connect to /no/such: no such file or directory",
    ],
    [
      "it has another version",
      'echo \'{"version":9,"address":"unix:///s","protocol":"ttrpc"}\'',
      "decode the answer of a shim's start: version 9 is neither 2 nor 3",
    ],
  ] as const)("%s", async ([, script, why], context) => {
    const place = await placeOfScript(script, context);

    const seen = await refusal(place.runtime, await requestContainer(place));

    expect(seen).toEqual(["broken", `create ID: handler bad: start the shim: ${why}`]);
  });
});

describe.concurrent("a shim that fails in create() is told with the call, and nothing of it is left", () => {
  it.for([
    ["Connect", "dies", "broken", `start the shim: ${ended("Connect")}`],
    ["Connect", "hangs", "timed-out", "the shim has not answered Connect in N ms"],
    ["Connect", "garbles", "broken", "the shim's Connect: its answer is no message"],
    ["Create", "dies", "unavailable", ended("Create")],
    ["Create", "hangs", "timed-out", "the shim has not answered Create in N ms"],
    ["Create", "deafens", "timed-out", "the shim has not answered Create in N ms"],
    ["Create", "refuses", "broken", "the shim's Create: no Create today"],
    ["Create", "missing", "unsupported", "the shim's Create: no Create here"],
    ["Create", "garbles", "broken", "the shim's Create: its answer is no message"],
  ] as const)("%s %s", async ([method, failure, kind, why], context) => {
    const deadlines = lateInCreate();
    const { place } = await placeOfPlayed({ fails: { [method]: failure }, deadlines }, context);

    const seen = await refusal(place.runtime, await requestContainer(place));

    expect(seen).toEqual([kind, `create ID: handler bad: ${why}`]);
  });

  it("what it did wrong is told of the handler until it makes a container", async (context) => {
    const fails: { Create?: "garbles" } = { Create: "garbles" };
    const { place } = await placeOfPlayed({ fails }, context);

    await refusal(place.runtime, await requestContainer(place));
    const before = place.runtime.latestFailure;
    delete fails.Create;
    await place.runtime.create(await requestContainer(place));

    expect(before).toContain("handler bad: the shim's Create: its answer is no message");
    expect(place.runtime.latestFailure).toBeUndefined();
  });

  it("a process that it is not is told; the shim is found and killed, and its program cleans up", async (context) => {
    const { place, shim } = await placeOfPlayed({ fails: {}, claimedPid: 0 }, context);

    const seen = await refusal(place.runtime, await requestContainer(place));

    expect(seen).toEqual([
      "broken",
      "create ID: handler bad: the shim's Connect: it says process 0, which there is not",
    ]);
    await expect(shim.hasCleanedUp()).resolves.toBe(true);
  });
});
