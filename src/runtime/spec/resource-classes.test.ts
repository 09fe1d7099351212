import { expect, it } from "vitest";
import { exampleInput, exampleSandbox } from "../fake/example-input.ts";
import { blockioClassOf, chooseBlockio, chooseRdtClass } from "./resource-classes.ts";

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

it("chooseRdtClass() refuses what the machine lacks, and what is no name", () => {
  expect(() => choose({ [`${domain}/pod`]: "gold" }, {}, false)).toThrow(
    `annotations[${domain}/pod]: the machine has no /sys/fs/resctrl`,
  );
  expect(() => choose({ [`${domain}/pod`]: "../x" })).toThrow('"../x" cannot name a class');
});

it("chooseBlockio() gives the limits of the class that is asked for, and refuses one that nobody has configured", () => {
  const annotations = { "blockio.resources.beta.kubernetes.io/container.main": "slow" };
  const asked = blockioClassOf({ ...exampleSandbox, annotations }, container);

  expect(chooseBlockio(asked, { weight: 10 })).toEqual({ weight: 10 });
  expect(chooseBlockio(undefined, undefined)).toBeUndefined();
  expect(() => chooseBlockio(asked, undefined)).toThrow(
    "annotations[blockio.resources.beta.kubernetes.io/container.main]: no classes are configured",
  );
});
