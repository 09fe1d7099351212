import { closeSync, openSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ReadingList } from "./reading-list.ts";

let directory: string;
let descriptors: number[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "crisp-reading-list-"));
  descriptors = [];
});

afterEach(async () => {
  for (const descriptor of descriptors) closeSync(descriptor);
  await rm(directory, { recursive: true });
});

async function fileWith(content: string): Promise<number> {
  const file = join(directory, `${descriptors.length}`);
  await writeFile(file, content);
  descriptors.push(openSync(file, "r"));
  return descriptors.at(-1) ?? -1;
}

/** A list of subjects with a file each; the reader sees the same memory through a list of its own. */
async function openList(contents: readonly string[]): Promise<{
  readonly list: ReadingList;
  readonly find: (subject: number) => string | undefined;
  readonly read: () => void;
}> {
  const list = new ReadingList();
  list.clear();
  const files = [];
  for (const content of contents) files.push(await fileWith(content));
  const places = files.map((file) => list.add([file]));
  const count = list.open();
  const reader = new ReadingList(list.memory);
  return {
    list,
    find: (subject) => {
      const place = places[subject];
      return place && list.find(place, 0);
    },
    read: () => reader.readFromEnd(count),
  };
}

it("has nothing before it was read, and all that was not asked for before", async () => {
  const { find, read } = await openList(["first", "second", "third"]);
  const early = [find(0), find(1)];

  read();

  expect(early).toEqual([undefined, undefined]);
  expect([find(0), find(1), find(2)]).toEqual([undefined, undefined, "third"]);
});

it("has several files of a subject", async () => {
  const list = new ReadingList();
  list.clear();
  const other = list.add([await fileWith("other")]);
  const place = list.add([await fileWith("one"), await fileWith(""), await fileWith("three")]);
  new ReadingList(list.memory).readFromEnd(list.open());

  expect(place && [0, 1, 2].map((index) => list.find(place, index))).toEqual(["one", "", "three"]);
  expect(other && list.find(other, 0)).toBe("other");
});

it("is not read any more when it is abandoned", async () => {
  const { list, find, read } = await openList(["first", "second"]);
  list.abandon();

  read();

  expect([find(0), find(1)]).toEqual([undefined, undefined]);
});

it("leaves to its asker what cannot be read", async () => {
  const list = new ReadingList();
  list.clear();
  const directoryDescriptor = openSync(directory, "r");
  descriptors.push(directoryDescriptor);
  const place = list.add([directoryDescriptor, await fileWith("readable")]);
  new ReadingList(list.memory).readFromEnd(list.open());

  expect(place && [list.find(place, 0), list.find(place, 1)]).toEqual([undefined, "readable"]);
});

it("does not take places of an earlier list for its own", async () => {
  const list = new ReadingList();
  list.clear();
  const earlier = list.add([await fileWith("earlier")]);
  list.open();
  list.clear();
  const later = list.add([await fileWith("later")]);
  new ReadingList(list.memory).readFromEnd(list.open());

  expect(earlier && list.find(earlier, 0)).toBeUndefined();
  expect(later && list.find(later, 0)).toBe("later");
});

it("takes as many files as it has room for, of as many bytes", async () => {
  const list = new ReadingList();
  list.clear();
  const large = await fileWith("x".repeat(64 * 1024));
  const places = Array.from({ length: 9_000 }, () => list.add([large]));
  new ReadingList(list.memory).readFromEnd(list.open());

  const taken = places.filter((place) => place !== undefined);
  const found = taken.filter((place) => list.find(place, 0)?.length === 64 * 1024);
  expect(taken).toHaveLength(8_192);
  // The last ones: the reader begins there.
  expect(found).toEqual(taken.slice(-found.length));
  expect(found.length).toBe((4 * 1024 * 1024) / (64 * 1024));
  expect(list.add([])).toBeUndefined();
});
