/**
 * What a process that SIGKILL ended is told to have exited with: 128 and the signal's number.
 *
 * @see https://www.gnu.org/software/bash/manual/html_node/Exit-Status.html
 */
export const killedExitCode: number = 128 + 9;
