/* sandbox RULE FILE name=value…    RULE: service, connect, inet
 * Asks for FILE (expect.h) under a filter of system calls, as a service manager or a security module sets one up.
 * service: nothing but the calls listed here, no sockets but of the families AF_UNIX, AF_INET and AF_INET6, no memory that is
 *   writable and executable or becomes executable: every call is answered.
 * connect: no connection is allowed (EACCES), as SELinux does; inet: no socket of AF_INET, AF_INET6 (EAFNOSUPPORT). Both
 *   print the error. */
#define _GNU_SOURCE
#include "expect.h"
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "the filter knows x86_64 and aarch64"
#endif

/* All of these are in systemd's @system-service. */
static const int allowed[] = {
    /* memory, threads and time */
    SYS_mmap, SYS_munmap, SYS_mremap, SYS_mprotect, SYS_madvise, SYS_brk, SYS_futex, SYS_clone, SYS_clone3,
    SYS_set_robust_list, SYS_rseq, SYS_prctl, SYS_sched_getaffinity, SYS_sched_yield, SYS_clock_gettime,
    SYS_clock_nanosleep, SYS_gettid, SYS_getpid, SYS_getrandom, SYS_rt_sigprocmask, SYS_rt_sigaction, SYS_rt_sigpending,
    SYS_rt_sigtimedwait, SYS_sigaltstack,
    SYS_restart_syscall, SYS_exit, SYS_exit_group,
    /* files: certificates, the key, the log, what the resolver reads */
    SYS_openat, SYS_close, SYS_read, SYS_pread64, SYS_readv, SYS_write, SYS_writev, SYS_lseek, SYS_fstat, SYS_newfstatat,
    SYS_statx, SYS_getdents64, SYS_ioctl, SYS_fcntl, SYS_uname,
    /* sockets */
    SYS_socket, SYS_connect, SYS_bind, SYS_getsockname, SYS_getpeername, SYS_setsockopt, SYS_getsockopt, SYS_sendto,
    SYS_sendmsg, SYS_sendmmsg, SYS_recvfrom, SYS_recvmsg, SYS_shutdown, SYS_ppoll, SYS_eventfd2,
#ifdef SYS_poll
    SYS_poll,
#endif
};

static struct sock_filter filter[256];
static unsigned short length;

static void add(unsigned short code, unsigned int value, unsigned char when_true, unsigned char when_false)
{
    const struct sock_filter step = {code, when_true, when_false, value};
    filter[length++] = step;
}

static void load(size_t offset)
{
    add(BPF_LD | BPF_W | BPF_ABS, (unsigned int)offset, 0, 0);
}

static void answer(unsigned int what)
{
    add(BPF_RET | BPF_K, what, 0, 0);
}

static unsigned int failing(int number)
{
    return SECCOMP_RET_ERRNO | (unsigned int)number;
}

static size_t argument(int index)
{
    return offsetof(struct seccomp_data, args) + (size_t)index * sizeof(__u64);
}

/* A socket of this family fails, and no other. */
static void refuse_family(int family)
{
    load(offsetof(struct seccomp_data, nr));
    add(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3);
    load(argument(0));
    add(BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)family, 0, 1);
    answer(failing(EAFNOSUPPORT));
}

/* A call whose argument has all these bits fails. */
static void refuse_bits(int number, int index, unsigned int bits)
{
    load(offsetof(struct seccomp_data, nr));
    add(BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)number, 0, 4);
    load(argument(index));
    add(BPF_ALU | BPF_AND | BPF_K, bits, 0, 0);
    add(BPF_JMP | BPF_JEQ | BPF_K, bits, 0, 1);
    answer(failing(EPERM));
}

static void refuse_all_but_a_service(void)
{
    size_t i;

    refuse_bits(SYS_mmap, 2, PROT_WRITE | PROT_EXEC);
    refuse_bits(SYS_mprotect, 2, PROT_EXEC);
    load(offsetof(struct seccomp_data, nr));
    add(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 5);
    load(argument(0));
    add(BPF_JMP | BPF_JEQ | BPF_K, AF_UNIX, 3, 0);
    add(BPF_JMP | BPF_JEQ | BPF_K, AF_INET, 2, 0);
    add(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 1, 0);
    answer(failing(EAFNOSUPPORT));
    load(offsetof(struct seccomp_data, nr));
    for (i = 0; i < sizeof allowed / sizeof *allowed; ++i) {
        add(BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)allowed[i], 0, 1);
        answer(SECCOMP_RET_ALLOW);
    }
    answer(SECCOMP_RET_KILL_PROCESS);
}

static void confine(const char *rule)
{
    struct sock_fprog program;

    load(offsetof(struct seccomp_data, arch));
    add(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0);
    answer(SECCOMP_RET_KILL_PROCESS);
    if (strcmp(rule, "service") == 0) {
        refuse_all_but_a_service();
    } else if (strcmp(rule, "connect") == 0) {
        load(offsetof(struct seccomp_data, nr));
        add(BPF_JMP | BPF_JEQ | BPF_K, SYS_connect, 0, 1);
        answer(failing(EACCES));
    } else {
        refuse_family(AF_INET);
        refuse_family(AF_INET6);
    }
    answer(SECCOMP_RET_ALLOW);
    program.len = length;
    program.filter = filter;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        check_fatal("the filter cannot be set", NULL);
}

int main(int argc, char **argv)
{
    struct expectations all;
    smsp_client *client;
    smsp_report *report = NULL;
    smsp_error *error = NULL;
    int works;

    if (argc < 3)
        check_fatal("usage: sandbox RULE FILE name=value…", NULL);
    works = strcmp(argv[1], "service") == 0;
    all = expectations_read(argv[2]);
    confine(argv[1]);
    if (works)
        CHECK(socket(AF_NETLINK, SOCK_RAW, 0) == -1 && errno == EAFNOSUPPORT);
    if (works)
        CHECK(mmap(NULL, 1, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == EPERM);
    client = client_from(argc, argv, 3);
    CHECK_INT(smsp_multi_status(client, all.queries, all.count, &report, &error), works ? SMSP_OK : SMSP_E_CONNECT);
    if (works)
        CHECK_INT(expectations_differ(&all, report, 0, all.count), 0);
    else
        puts(smsp_error_message(error));
    smsp_error_free(error);
    smsp_report_free(report);
    smsp_client_free(client);
    expectations_free(&all);
    return check_result();
}
