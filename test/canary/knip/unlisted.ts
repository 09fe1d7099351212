// canary src/spec/index.ts: unlisted
export { pad } from "left-pad";
