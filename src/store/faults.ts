import { Fault, messageOf } from "#foundation";

/** When the database file is damaged, or is none. */
export function damagedDatabase(path: string, cause: unknown): Fault {
  return new Fault("broken", `open ${path}: the database is damaged: ${messageOf(cause)}`, {
    reason: { code: "store.damaged-database", path },
    cause,
  });
}

/** When a later crisp has written the database. */
export function newerSchema(path: string, version: number, known: number): Fault {
  return new Fault("wrong-state", `open ${path}: its schema is version ${version}, this crisp knows ${known}`, {
    reason: { code: "store.newer-schema", path, version, known },
  });
}

/** When a statement fails: a full disk is told apart, because an operator can help it. */
export function databaseFault(act: string, cause: unknown): Fault {
  const kind = isDiskFull(cause) ? "exhausted" : "broken";
  return new Fault(kind, `${act}: ${messageOf(cause)}`, { reason: { code: "store.database" }, cause });
}

/** When a record of this id is there already. */
export function recordExists(table: string, id: string): Fault {
  return new Fault("exists", `insert ${table} ${id}: there is one already`, {
    reason: { code: "store.record-exists", table, id },
  });
}

/** When there is no record of this id. */
export function recordMissing(table: string, id: string): Fault {
  return new Fault("not-found", `${table} ${id} does not exist`, {
    reason: { code: "store.record-missing", table, id },
  });
}

/** When a layer is named that is not unpacked here. */
export function layerMissing(chainId: string): Fault {
  return new Fault("not-found", `layer ${chainId} is not here`, { reason: { code: "store.layer-missing", chainId } });
}

/** When content is asked for that is not kept here. */
export function blobMissing(digest: string): Fault {
  return new Fault("not-found", `blob ${digest} is not here`, { reason: { code: "store.blob-missing", digest } });
}

/** When bytes do not have the digest that names them. */
export function digestMismatch(kind: "invalid" | "broken", expected: string, actual: string): Fault {
  return new Fault(kind, `blob ${expected}: its bytes have the digest ${actual}`, {
    reason: { code: "store.digest-mismatch", expected, actual },
  });
}

/** When so many layers are stacked that their names do not fit the kernel's one page of mount options. */
export function mountTooLong(layers: number, bytes: number, limit: number): Fault {
  return new Fault(
    "unsupported",
    `mount ${layers} layers: their names take ${bytes} bytes, the kernel takes ${limit}`,
    {
      reason: { code: "store.mount-too-long", layers, bytes, limit },
    },
  );
}

/** When the root directory's name has a character that overlay's mount options give a meaning. */
export function unusableDirectory(directory: string): Fault {
  return new Fault("invalid", `open store ${directory}: the path must be absolute, without any of : , \\ and quotes`, {
    reason: { code: "store.unusable-directory", directory },
  });
}

const sqliteFull = 13;

function isDiskFull(cause: unknown): boolean {
  return cause instanceof Error && "errcode" in cause && cause.errcode === sqliteFull;
}

/** When the root directory of an image belongs to nobody in a user namespace. */
export function ownerUnmapped(uid: number, gid: number): Fault {
  return new Fault("unsupported", `prepare snapshot: the image's root belongs to ${uid}:${gid}, which is not mapped`, {
    reason: { code: "store.owner-unmapped", uid, gid },
  });
}
