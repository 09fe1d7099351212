import fc from "fast-check";
import { expect, test } from "vitest";
import { containerCodec, sandboxCodec } from "./codec.ts";
import { containerRecord, sandboxConfig, sandboxRecord } from "./fixtures.ts";

function throughJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

test("a record comes back from JSON as it was, nanoseconds included", () => {
  const process = {
    init: { pid: 7, startTicks: 123_456_789_012_345_678n },
    monitor: { pid: 6, startTicks: 1n },
    cgroupPath: "/x",
  };
  const record = containerRecord({ status: { phase: "running", startedAtNanos: 5n, process } });

  expect(containerCodec.decode(throughJson(containerCodec.encode(record)))).toEqual(record);
});

test("a record comes back with whatever labels and annotations it had", () => {
  const texts = fc.dictionary(fc.oneof(fc.string(), fc.constant("$bigint"), fc.constant("$$x")), fc.string(), {
    noNullPrototype: true,
  });

  fc.assert(
    fc.property(texts, texts, (labels, annotations) => {
      const record = sandboxRecord({ config: sandboxConfig({ labels, annotations }) });
      expect(sandboxCodec.decode(throughJson(sandboxCodec.encode(record)))).toEqual(record);
    }),
  );
});

test.each([
  [null, "its version is not 1"],
  [{ version: 2, record: {} }, "its version is not 1"],
  [{ version: 1, record: [] }, "it is not an object"],
  [{ version: 1, record: { id: "x" } }, "config is missing"],
])("decode() refuses %j", (value, message) => {
  expect(() => sandboxCodec.decode(value)).toThrow(message);
});
