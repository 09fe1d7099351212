import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import {
  type Container,
  ContainerSchema,
  ListContainersResponseSchema,
  StreamContainersResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { EncodedMessage } from "#spec";
import { EncodedItems } from "./encoded-items.ts";

interface View {
  readonly id: string;
}

function container({ id }: View): Container {
  return create(ContainerSchema, { id, labels: { wörd: "日本" } });
}

function countingItems(): { readonly items: EncodedItems<View>; readonly encoded: string[] } {
  const encoded: string[] = [];
  const items = new EncodedItems<View>((view) => {
    encoded.push(view.id);
    const list = create(ListContainersResponseSchema, { containers: [container(view)] });
    return toBinary(ListContainersResponseSchema, list);
  });
  return { items, encoded };
}

test("items that follow each other are the list, and the piece of a stream", () => {
  const views = ["a", "b", "c"].map((id) => ({ id }));
  const { items } = countingItems();

  const bytes = new EncodedMessage(ListContainersResponseSchema, items.of(views)).join();

  expect(fromBinary(ListContainersResponseSchema, bytes).containers).toEqual(views.map(container));
  expect(fromBinary(StreamContainersResponseSchema, bytes).containers).toEqual(views.map(container));
});

test("an item is encoded once, and anew when it is another", () => {
  const [same, changing] = [{ id: "same" }, { id: "changing" }];
  const { items, encoded } = countingItems();

  items.of([same, changing]);
  items.of([same, { ...changing }]);

  expect(encoded).toEqual(["same", "changing", "changing"]);
});

test("a list that is asked for again is joined once", () => {
  const views = ["a", "b"].map((id) => ({ id }));
  const { items } = countingItems();
  const bytesOf = (list: readonly Uint8Array[]): Buffer => Buffer.concat(list);

  const [first, second, third] = [items.joined(views), items.joined(views), items.joined(views)];
  const other = items.joined([...views, { id: "c" }]);

  expect([first, second, third, other].map(({ length }) => length)).toEqual([2, 1, 1, 3]);
  expect(third[0]).toBe(second[0]);
  expect(bytesOf(second)).toEqual(bytesOf(first));
  expect(bytesOf(other).subarray(0, bytesOf(first).length)).toEqual(bytesOf(first));
});
