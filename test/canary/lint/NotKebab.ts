// canary src/pod/NotKebab.ts: unicorn(filename-case)
export const four = 4;
