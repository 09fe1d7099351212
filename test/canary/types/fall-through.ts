// canary src/pod/fall-through.ts: TS7029
export function count(state: string): number {
  let total = 0;
  switch (state) {
    case "ready":
      total += 1;
    case "stopped":
      total += 1;
      break;
    default:
      total = 0;
  }
  return total;
}
