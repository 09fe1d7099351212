// canary src/cri/behind-index.ts: reaches behind #pod
export { double } from "#pod/double.ts";
