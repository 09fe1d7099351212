// canary src/cri/relative.ts: other rooms are imported as #room
export { double } from "../pod/double.ts";
