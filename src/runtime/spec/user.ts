import { type GroupEntry, type PasswdEntry, parseGroup, parseId, parsePasswd, type WorkloadUser } from "#spec";
import { invalidField, unknownAccount } from "../faults.ts";
import type { ResolvedUser } from "./input.ts";
import { Origins } from "./origins.ts";

/** The image's own account files; empty when it has none. */
export interface AccountFiles {
  readonly passwd: string;
  readonly group: string;
}

/**
 * Resolves who runs in a container to numbers.
 *
 * The request's uid goes before its username, and both before the image's USER. Policy "merge" adds the groups that
 * the image's /etc/group gives the user; "strict" takes only those of the request. The primary group is always
 * among the supplementary ones, so that a set-group-id program cannot shed it.
 *
 * @param imageUser USER of the image: "user", "uid", "user:group", "uid:gid"; empty is root
 * @throws Fault `invalid` when a name is not in the image, or a group is asked for without a user
 */
export function resolveUser(
  files: AccountFiles,
  request: WorkloadUser,
  imageUser: string,
  origins: Origins = new Origins(),
): ResolvedUser {
  const [userText, groupText] = selectUser(request, imageUser);
  noteOrigin(origins, request, imageUser);
  const users = parsePasswd(files.passwd);
  const groups = parseGroup(files.group);
  const user = findUser(users, userText, request.username === undefined ? "user" : "run_as_username");
  const gid = groupText === undefined ? user.gid : findGroup(groups, groupText);
  const memberships = request.supplementalGroupsPolicy === "merge" ? gidsOfMember(groups, user.name) : [];
  const additionalGids = [...new Set([gid, ...memberships, ...request.supplementalGroups])];
  return { uid: user.uid, gid, additionalGids };
}

function noteOrigin(origins: Origins, request: WorkloadUser, imageUser: string): void {
  const part = "process.user";
  const context = "linux.security_context";
  if (request.uid !== undefined) origins.note(part, "request", `${context}.run_as_user`);
  else if (request.username !== undefined) origins.note(part, "request", `${context}.run_as_username`);
  else if (imageUser !== "") origins.note(part, "image", `USER ${imageUser}`);
  else origins.note(part, "crisp", "root: neither request nor image says one");
}

/** User and group as text, after the order of precedence. */
function selectUser(request: WorkloadUser, imageUser: string): readonly [user: string, group: string | undefined] {
  const asked = request.uid === undefined ? (request.username ?? "") : String(request.uid);
  if (request.gid !== undefined) {
    if (asked === "") throw invalidField("run_as_group", `group ${request.gid} is asked for without a user`);
    return [asked, String(request.gid)];
  }
  const text = asked === "" ? imageUser : asked;
  const colon = text.indexOf(":");
  if (colon < 0) return [text, undefined];
  const group = text.slice(colon + 1);
  return [text.slice(0, colon), group === "" ? undefined : group];
}

/** A name wins over a number that looks the same, as in the image builders. */
function findUser(
  users: readonly PasswdEntry[],
  text: string,
  field: string,
): { uid: number; gid: number; name: string | undefined } {
  if (text === "") return findUser(users, "0", field);
  const named = users.find((user) => user.name === text);
  if (named !== undefined) return named;
  const uid = parseId(text);
  if (uid === undefined) throw unknownAccount("user", text, field);
  return users.find((user) => user.uid === uid) ?? { uid, gid: 0, name: undefined };
}

function findGroup(groups: readonly GroupEntry[], text: string): number {
  const gid = groups.find((group) => group.name === text)?.gid ?? parseId(text);
  if (gid === undefined) throw unknownAccount("group", text);
  return gid;
}

function gidsOfMember(groups: readonly GroupEntry[], name: string | undefined): readonly number[] {
  if (name === undefined) return [];
  return groups.filter((group) => group.members.includes(name)).map((group) => group.gid);
}
