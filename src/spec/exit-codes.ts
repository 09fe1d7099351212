/**
 * What a process that SIGKILL ended is told to have exited with: 128 and the signal's number.
 *
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_08_02
 */
export const killedExitCode: number = 128 + 9;
