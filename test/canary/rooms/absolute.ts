// canary src/cri/absolute.ts: is a path of one machine
export { double } from "/srv/crisp/src/pod/double.ts";
