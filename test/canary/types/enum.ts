// canary src/pod/enum.ts: TS1294
export enum State {
  Ready,
  Stopped,
}
