/**
 * An object whose properties are those that `read` has now: for options that
 * may change while their owner lives.
 *
 * Whoever keeps the object and reads a property when it is needed sees the
 * change; whoever copies a property keeps what it was.
 */
export function live<T extends object>(read: () => T): T {
  return new Proxy({} as T, {
    get: (_target, key) => Reflect.get(read(), key) as unknown,
    has: (_target, key) => Reflect.has(read(), key),
    ownKeys: () => Reflect.ownKeys(read()),
    getOwnPropertyDescriptor: (_target, key) => {
      const descriptor = Reflect.getOwnPropertyDescriptor(read(), key);
      // The target has no such property of its own: only one that may be taken away can be told of it.
      return descriptor === undefined ? undefined : { ...descriptor, configurable: true };
    },
    set: () => false,
  });
}
