import type { RecordTable } from "#store";

/** One change of a record: what was there before and what is there now. */
export interface RecordChange<T> {
  readonly before: T | undefined;
  readonly after: T | undefined;
}

export interface TableObserver<T> {
  /** Told right after each change. */
  readonly onChange: (change: RecordChange<T>) => void;
  /** Told right before a record is removed. */
  readonly onGoing: (record: T) => void;
}

/** The same table, which tells of what is done to it. */
export function observeTable<T>(table: RecordTable<T>, { onChange, onGoing }: TableObserver<T>): RecordTable<T> {
  return {
    name: table.name,
    quarantined: table.quarantined,
    find: (id) => table.find(id),
    get: (id) => table.get(id),
    all: () => table.all(),
    list: () => table.list(),
    insert: (id, value, survives) => {
      table.insert(id, value, survives);
      onChange({ before: undefined, after: value });
    },
    update: (id, change, survives) => {
      const before = table.find(id);
      const after = table.update(id, change, survives);
      if (after !== before) onChange({ before, after });
      return after;
    },
    remove: (id, survives) => {
      const before = table.find(id);
      if (before !== undefined) onGoing(before);
      const wasThere = table.remove(id, survives);
      if (wasThere) onChange({ before, after: undefined });
      return wasThere;
    },
  };
}
