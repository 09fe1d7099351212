// canary src/pod/missing-override.ts: TS4114
export class Loud extends Error {
  toString(): string {
    return this.message.toUpperCase();
  }
}
