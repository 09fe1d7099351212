import type { OciSeccompArgument, SeccompProfile, SeccompRule } from "#spec";

const eperm = 1;
const enosys = 38;

/** CLONE_NEW{CGROUP,UTS,IPC,USER,PID,NET,NS}: the bits of clone(2) that make namespaces. */
const cloneNewFlags = 0x7e02_0000;
const afVsock = 40;
/** Arguments of personality(2) that change nothing dangerous: PER_LINUX, UNAME26, PER_LINUX32, both, and "only tell". */
const harmlessPersonalities: readonly number[] = [0x0, 0x0008, 0x2_0000, 0x2_0008, 0xffff_ffff];

/** Calls that every program may make; `socket` and `clone` have rules of their own. */
const alwaysAllowed: Readonly<Record<string, string>> = {
  files: `
    access chdir chmod chown chown32 close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2
    fallocate fadvise64 fadvise64_64 fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl fcntl64
    fdatasync fgetxattr flistxattr flock fremovexattr fsetxattr fstat fstat64 fstatat64 fstatfs fstatfs64 fsync
    ftruncate ftruncate64 futimesat getcwd getdents getdents64 getxattr getxattrat ioctl lchown lchown32
    lgetxattr link linkat listxattr listxattrat llistxattr _llseek lremovexattr lseek lsetxattr lstat lstat64
    mkdir mkdirat mknod mknodat name_to_handle_at newfstatat open openat openat2 pread64 preadv preadv2 pwrite64
    pwritev pwritev2 read readahead readlink readlinkat readv removexattr removexattrat rename renameat
    renameat2 rmdir sendfile sendfile64 setxattr setxattrat splice stat stat64 statfs statfs64 statx symlink
    symlinkat sync sync_file_range sync_file_range2 syncfs tee truncate truncate64 umask unlink unlinkat utime
    utimensat utimensat_time64 utimes vmsplice write writev cachestat file_getattr`,
  events: `
    epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old
    eventfd eventfd2 inotify_add_watch inotify_init inotify_init1 inotify_rm_watch fanotify_mark _newselect poll
    ppoll ppoll_time64 pselect6 pselect6_time64 select signalfd signalfd4 io_cancel io_destroy io_getevents
    io_pgetevents io_pgetevents_time64 io_setup io_submit pipe pipe2`,
  memory: `
    brk madvise membarrier memfd_create memfd_secret mincore mlock mlock2 mlockall mmap mmap2 mprotect mremap
    mseal msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect process_mrelease remap_file_pages
    map_shadow_stack arch_prctl modify_ldt`,
  processes: `
    capget capset execve execveat exit exit_group fork futex futex_requeue futex_time64 futex_wait futex_waitv
    futex_wake get_robust_list get_thread_area getcpu getegid getegid32 geteuid geteuid32 getgid getgid32
    getgroups getgroups32 getitimer getpgid getpgrp getpid getppid getpriority getresgid getresgid32 getresuid
    getresuid32 getrlimit getrusage getsid gettid getuid getuid32 ioprio_get ioprio_set kill pidfd_open
    pidfd_send_signal prctl prlimit64 restart_syscall rseq sched_get_priority_max sched_get_priority_min
    sched_getaffinity sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval
    sched_rr_get_interval_time64 sched_setaffinity sched_setattr sched_setparam sched_setscheduler sched_yield
    set_robust_list set_thread_area set_tid_address setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32
    setgroups setgroups32 setitimer setpgid setpriority setregid setregid32 setresgid setresgid32 setresuid
    setresuid32 setreuid setreuid32 setrlimit setsid setuid setuid32 tgkill tkill ugetrlimit uname vfork wait4
    waitid waitpid rt_tgsigqueueinfo`,
  signals: `
    alarm pause rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend
    rt_sigtimedwait rt_sigtimedwait_time64 sigaltstack sigprocmask sigreturn uretprobe`,
  time: `
    adjtimex clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64
    clock_nanosleep clock_nanosleep_time64 gettimeofday nanosleep time timer_create timer_delete
    timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64 timerfd_create timerfd_gettime
    timerfd_gettime64 timerfd_settime timerfd_settime64 times`,
  sockets: `
    accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom recvmmsg recvmmsg_time64
    recvmsg send sendmmsg sendmsg sendto setsockopt shutdown socketcall socketpair`,
  messages: `
    ipc mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64
    mq_unlink msgctl msgget msgrcv msgsnd semctl semget semop semtimedop semtimedop_time64 shmat shmctl shmdt
    shmget`,
  sandboxes: `
    landlock_add_rule landlock_create_ruleset landlock_restrict_self seccomp getrandom sysinfo`,
};

const cloneWithoutNamespaces: OciSeccompArgument = {
  index: 0,
  value: cloneNewFlags,
  valueTwo: 0,
  op: "SCMP_CMP_MASKED_EQ",
};

/** Calls that a capability opens. */
const byCapability: Readonly<Record<string, string>> = {
  CAP_DAC_READ_SEARCH: "open_by_handle_at",
  CAP_SYS_ADMIN: `
    bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie mount mount_setattr move_mount
    open_tree perf_event_open quotactl quotactl_fd setdomainname sethostname setns syslog umount umount2 unshare
    listmount statmount lsm_get_self_attr lsm_list_modules lsm_set_self_attr`,
  CAP_SYS_BOOT: "reboot",
  CAP_SYS_CHROOT: "chroot",
  CAP_SYS_MODULE: "delete_module finit_module init_module",
  CAP_SYS_PACCT: "acct",
  CAP_SYS_PTRACE: "kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace",
  CAP_SYS_RAWIO: "ioperm iopl",
  CAP_SYS_TIME: "clock_settime clock_settime64 settimeofday stime",
  CAP_SYS_TTY_CONFIG: "vhangup",
  CAP_SYS_NICE: "get_mempolicy mbind migrate_pages move_pages set_mempolicy set_mempolicy_home_node",
  CAP_SYSLOG: "syslog",
  CAP_BPF: "bpf",
  CAP_PERFMON: "perf_event_open",
};

/**
 * The profile of RuntimeDefault: what programs in containers need, on the level of the field's other default profiles.
 *
 * A call that is not named fails with EPERM. clone3 fails with ENOSYS where its flags may not make namespaces, because a
 * filter cannot see into its argument, and C libraries fall back to clone.
 */
export function createDefaultSeccompProfile(): SeccompProfile {
  return {
    defaultAction: "SCMP_ACT_ERRNO",
    defaultErrnoRet: eperm,
    architectures: [],
    flags: [],
    rules: [
      allow(Object.values(alwaysAllowed).flatMap(words)),
      ...filteredByArgument(),
      ...namespaceRules(),
      ...capabilityRules(),
      ...kernelRules(),
      ...archRules(),
    ],
  };
}

function filteredByArgument(): readonly SeccompRule[] {
  return [
    // A guest's socket to its host reaches past every network namespace.
    { ...allow(["socket"]), args: [{ index: 0, value: afVsock, op: "SCMP_CMP_NE" }] },
    ...harmlessPersonalities.map(
      (value): SeccompRule => ({ ...allow(["personality"]), args: [{ index: 0, value, op: "SCMP_CMP_EQ" }] }),
    ),
  ];
}

function namespaceRules(): readonly SeccompRule[] {
  const excludes = { caps: ["CAP_SYS_ADMIN"] };
  return [
    { ...allow(["clone"]), args: [cloneWithoutNamespaces], excludes },
    { names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: enosys, excludes },
  ];
}

function capabilityRules(): readonly SeccompRule[] {
  return Object.entries(byCapability).map(([cap, names]) => ({ ...allow(words(names)), includes: { caps: [cap] } }));
}

/** Tracing one's own children became safe with Linux 4.8, when filters began to see traced calls. */
function kernelRules(): readonly SeccompRule[] {
  return [{ ...allow(["process_vm_readv", "process_vm_writev", "ptrace"]), includes: { minKernel: "4.8" } }];
}

function archRules(): readonly SeccompRule[] {
  return [
    {
      ...allow(["arm_fadvise64_64", "arm_sync_file_range", "breakpoint", "cacheflush", "set_tls"]),
      includes: { arches: ["arm64"] },
    },
  ];
}

function allow(names: readonly string[]): SeccompRule {
  return { names, action: "SCMP_ACT_ALLOW" };
}

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}
