import { expect, test } from "vitest";
import { decodeBlockioClasses } from "./decode-blockio-classes.ts";

test("decodeBlockioClasses() reads weights and rates", () => {
  const classes = decodeBlockioClasses({
    Classes: {
      slow: [
        { Weight: 80 },
        { Devices: ["/dev/sd*", "/dev/vda"], ThrottleReadBps: "10M", ThrottleWriteIOPS: "2k", Weight: "400" },
        { Devices: ["/dev/vda"], ThrottleWriteBps: "1Mi", ThrottleReadIOPS: 7 },
      ],
      none: null,
    },
  });

  expect([...classes]).toEqual([
    [
      "slow",
      [
        { devices: [], weight: 80 },
        { devices: ["/dev/sd*", "/dev/vda"], weight: 400, throttleReadBps: 10_000_000n, throttleWriteIOPS: 2_000n },
        { devices: ["/dev/vda"], throttleWriteBps: 1_048_576n, throttleReadIOPS: 7n },
      ],
    ],
    ["none", []],
  ]);
});

test.each([
  [{ classes: {} }, "classes is no key of the file"],
  [{ Classes: { a: [{ Wait: 1 }] } }, "class a[0].Wait is no key of a class"],
  [{ Classes: { a: [{ Weight: 9 }] } }, "class a[0].Weight: 9 is not between 10 and 1000"],
  [{ Classes: { a: [{ ThrottleReadBps: "1M" }] } }, "class a[0].ThrottleReadBps needs Devices"],
  [{ Classes: { a: [{ Devices: ["vda"] }] } }, "class a[0].Devices: vda is not an absolute path"],
  [{ Classes: { a: [{ Devices: ["/dev/a"], ThrottleReadBps: "1.5M" }] } }, '"1.5M" is not a number'],
  [{ Classes: { a: [{ Devices: ["/dev/a"], ThrottleReadBps: -1 }] } }, "-1 is not a number"],
  [{ Classes: { a: 7 } }, "class a is not a list"],
])("decodeBlockioClasses() refuses %j", (file, message) => {
  expect(() => decodeBlockioClasses(file)).toThrow(message);
});
