import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { WorkloadUser } from "#spec";
import { resolveUser } from "./user.ts";

const files = {
  passwd: "root:x:0:0::/root:/bin/sh\nweb:x:1000:1001::/:/bin/sh\n",
  group: "root:x:0:\nwww:x:1001:\naudio:x:29:web\nvideo:x:44:web,root\n",
};
const nothing: WorkloadUser = { supplementalGroups: [], supplementalGroupsPolicy: "merge" };

describe("resolveUser()", () => {
  it.each([
    ["", { uid: 0, gid: 0, additionalGids: [0, 44] }],
    ["web", { uid: 1000, gid: 1001, additionalGids: [1001, 29, 44] }],
    ["1000", { uid: 1000, gid: 1001, additionalGids: [1001, 29, 44] }],
    ["web:audio", { uid: 1000, gid: 29, additionalGids: [29, 44] }],
    ["web:", { uid: 1000, gid: 1001, additionalGids: [1001, 29, 44] }],
    ["500", { uid: 500, gid: 0, additionalGids: [0] }],
    ["500:600", { uid: 500, gid: 600, additionalGids: [600] }],
  ])("resolves the image's USER %j", (imageUser, wanted) => {
    expect(resolveUser(files, nothing, imageUser)).toEqual(wanted);
  });

  it("prefers the request's uid to its username, and both to the image's user", () => {
    expect(resolveUser(files, { ...nothing, uid: 5, username: "web" }, "root").uid).toBe(5);
    expect(resolveUser(files, { ...nothing, username: "web" }, "root").uid).toBe(1000);
  });

  it("takes the request's group, and keeps the memberships of the user", () => {
    const user = resolveUser(files, { ...nothing, uid: 1000, gid: 7, supplementalGroups: [8, 29] }, "");

    expect(user).toEqual({ uid: 1000, gid: 7, additionalGids: [7, 29, 44, 8] });
  });

  it("leaves the image's memberships out under the strict policy", () => {
    const request: WorkloadUser = { uid: 1000, supplementalGroups: [8], supplementalGroupsPolicy: "strict" };

    expect(resolveUser(files, request, "")).toEqual({ uid: 1000, gid: 1001, additionalGids: [1001, 8] });
  });

  it("refuses a group without a user", () => {
    expect(() => resolveUser(files, { ...nothing, gid: 7 }, "web")).toThrowError(
      expect.objectContaining({ kind: "invalid", reason: { code: "runtime.invalid-field", field: "run_as_group" } }),
    );
  });

  it.each(["nobody", "web:nogroup", "-1"])("refuses %j, which the image does not know", (imageUser) => {
    expect(() => resolveUser(files, nothing, imageUser)).toThrowError(
      expect.objectContaining({
        kind: "invalid",
        reason: expect.objectContaining({ code: "runtime.unknown-account" }) as unknown,
      }),
    );
  });

  it("resolves numbers in an image without account files", () => {
    const id = fc.nat(0xffff_fffe);

    fc.assert(
      fc.property(id, id, (uid, gid) => {
        const user = resolveUser({ passwd: "", group: "" }, nothing, `${uid}:${gid}`);
        expect(user).toEqual({ uid, gid, additionalGids: [gid] });
      }),
    );
  });
});
