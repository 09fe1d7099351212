// canary src/pod/inexhaustive-switch.ts: typescript(switch-exhaustiveness-check)
export function describe(state: "ready" | "stopped"): string {
  let text = "";
  switch (state) {
    case "ready":
      text = "is ready";
      break;
  }
  return text;
}
