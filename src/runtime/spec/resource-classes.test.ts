import { expect, it } from "vitest";
import { exampleInput, exampleSandbox } from "../fake/example-input.ts";
import { chooseRdtClass } from "./resource-classes.ts";

const { container } = exampleInput();
const domain = "rdt.resources.beta.kubernetes.io";

function choose(pod: Readonly<Record<string, string>>, own: Readonly<Record<string, string>> = {}, hasRdt = true) {
  return chooseRdtClass({ ...exampleSandbox, annotations: pod }, { ...container, annotations: own }, { hasRdt });
}

it.each([
  [{}, {}, undefined],
  [{ [`${domain}/pod`]: "silver" }, {}, { closID: "silver" }],
  [{ [`${domain}/pod`]: "silver", [`${domain}/container.main`]: "gold" }, {}, { closID: "gold" }],
  [{ [`${domain}/container.other`]: "gold" }, {}, undefined],
  [{ [`${domain}/pod`]: "silver" }, { "io.kubernetes.cri.rdt-class": "own" }, { closID: "own" }],
])("chooseRdtClass() of pod %j and container %j is %j", (pod, own, chosen) => {
  expect(choose(pod, own)).toEqual(chosen);
});

it("chooseRdtClass() refuses what the machine lacks, what is no name, and classes of block I/O", () => {
  expect(() => choose({ [`${domain}/pod`]: "gold" }, {}, false)).toThrow(
    `annotations[${domain}/pod]: the machine has no /sys/fs/resctrl`,
  );
  expect(() => choose({ [`${domain}/pod`]: "../x" })).toThrow('"../x" cannot name a class');
  expect(() => choose({ "blockio.resources.beta.kubernetes.io/pod": "slow" })).toThrow(
    "classes of block I/O are not supported",
  );
});
