// canary src/pod/default-export.ts: import(no-default-export)
export default 4;
