// canary src/host/higher-room.ts: host may not import pod
export { double } from "#pod";
