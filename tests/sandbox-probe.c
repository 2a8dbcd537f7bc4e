/* What a process may do: tries each thing that the unit of tlspind forbids, and each that it needs.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   sandbox-probe DATA SECRET OUTSIDE CALLER NAMESPACE...
 *
 * DATA: the folder of the store. SECRET: a file of the user's that is nobody's business. OUTSIDE: a
 * folder that anybody may write to, elsewhere than in /tmp. CALLER: the number of a process with a
 * file /.flatpak-info in its root. NAMESPACE: what a link in /proc/self/ns says outside. A line
 * each: the name, a tab, "allowed" or "refused". Run twice by tests/exposure.test, with the
 * restrictions of the unit and without: what is refused only with them is their effect.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *data, *secret, *outside, *caller;
static char **namespaces;

static bool closes(int fd)
{
  if (fd >= 0)
    close(fd);
  return fd >= 0;
}

static bool reads(const char *path)
{
  char octet;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  bool got = fd >= 0 && read(fd, &octet, 1) == 1;

  closes(fd);
  return got;
}

static const char *in(const char *folder, const char *name)
{
  static char path[4096];

  (void)snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

static bool writes(const char *folder)
{
  const char *path = in(folder, "tlspin-probe");
  int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

  if (!closes(fd))
    return false;
  (void)unlink(path);
  return true;
}

static bool read_secret(void)
{
  return reads(secret);
}

static bool write_home(void)
{
  return writes(getenv("HOME"));
}

static bool write_outside(void)
{
  return writes(outside);
}

/* The runtime folder holds the sockets of every other service. */
static bool list_runtime(void)
{
  struct stat status;

  return stat(in(getenv("XDG_RUNTIME_DIR"), "systemd"), &status) == 0;
}

/* The caller has put it there. */
static bool see_tmp(void)
{
  return reads("/tmp/tlspin-probe-marker");
}

static bool see_var_tmp(void)
{
  return reads("/var/tmp/tlspin-probe-marker");
}

static bool see_devices(void)
{
  struct stat status;

  return stat("/dev/kmsg", &status) == 0;
}

/* Which is how a Flatpak is told from other programs. */
static bool identify_caller(void)
{
  char path[64];

  (void)snprintf(path, sizeof path, "/proc/%s/root/.flatpak-info", caller);
  return reads(path);
}

static bool write_cgroup(void)
{
  char line[4096] = "", *path = NULL;
  FILE *file = fopen("/proc/self/cgroup", "re");
  bool made = false;

  while (file != NULL && path == NULL && fgets(line, sizeof line, file) != NULL)
    if (strncmp(line, "0::", 3) == 0)
      path = strtok(line + 3, "\n");
  if (file != NULL)
    (void)fclose(file);
  if (path != NULL) {
    char folder[8192];

    (void)snprintf(folder, sizeof folder, "/sys/fs/cgroup%s/probe", path);
    made = mkdir(folder, 0700) == 0;
    (void)rmdir(folder);
  }
  return made;
}

static bool inet_socket(void)
{
  return closes(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static bool inet6_socket(void)
{
  return closes(socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

static bool netlink_socket(void)
{
  return closes(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0));
}

static bool same_namespace(const char *kind)
{
  char link[64] = "";

  if (readlink(in("/proc/self/ns", kind), link, sizeof link - 1) <= 0)
    return false;
  for (char **outer = namespaces; *outer != NULL; outer++)
    if (strcmp(*outer, link) == 0)
      return true;
  return false;
}

static bool same_network(void)
{
  return same_namespace("net");
}

static bool same_ipc(void)
{
  return same_namespace("ipc");
}

static bool same_users(void)
{
  return same_namespace("user");
}

static bool same_hostname(void)
{
  return same_namespace("uts");
}

static bool same_mounts(void)
{
  return same_namespace("mnt");
}

static bool new_namespace(void)
{
  return unshare(CLONE_NEWUSER) == 0;
}

static bool writable_code(void)
{
  return mmap(NULL, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static bool code_of_data(void)
{
  void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  return page != MAP_FAILED && mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0;
}

static bool trace_child(void)
{
  pid_t child = fork();
  bool traced;

  if (child == 0) {
    (void)pause();
    _exit(0);
  }
  traced = child > 0 && ptrace(PTRACE_SEIZE, child, NULL, NULL) == 0;
  if (child > 0) {
    (void)kill(child, SIGKILL);
    (void)waitpid(child, NULL, 0);
  }
  return traced;
}

static bool other_personality(void)
{
  return personality(ADDR_NO_RANDOMIZE) >= 0;
}

static bool lower_priority(void)
{
  return setpriority(PRIO_PROCESS, 0, 5) == 0;
}

static bool realtime(void)
{
  const struct sched_param parameter = {.sched_priority = 1};

  return sched_setscheduler(0, SCHED_RR, &parameter) == 0;
}

static bool set_user_id(void)
{
  const char *path = in(data, "tlspin-probe");
  bool done;

  if (!closes(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0700)))
    return false;
  done = chmod(path, 04700) == 0;
  (void)unlink(path);
  return done;
}

static bool look_at_clock(void)
{
  struct timex nothing = {.modes = 0};

  return adjtimex(&nothing) >= 0;
}

/* A time that is none is refused by the kernel itself, with another error than by a filter. Not by
 * way of the C library, which would not ask. */
static bool set_clock(void)
{
  const struct timespec never = {.tv_nsec = -1};

  return syscall(SYS_clock_settime, CLOCK_REALTIME, &never) == 0 || errno == EINVAL;
}

static bool kernel_log(void)
{
  return syscall(SYS_syslog, 10, NULL, 0) >= 0;
}

static bool count_events(void)
{
  struct perf_event_attr attributes = {.type = PERF_TYPE_SOFTWARE,
                                       .size = sizeof attributes,
                                       .config = PERF_COUNT_SW_TASK_CLOCK,
                                       .exclude_kernel = 1,
                                       .exclude_hv = 1};

  return closes((int)syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0));
}

static bool load_module(void)
{
  return syscall(SYS_init_module, "", 0, "") == 0;
}

/* There is no such folder, so that nothing is mounted in any case. */
static bool mount_something(void)
{
  return mount("none", "/no-such-folder-of-tlspin", "tmpfs", 0, NULL) == 0 || errno == ENOENT;
}

/* To whom we are already, which is always allowed. */
static bool change_user(void)
{
  return setuid(getuid()) == 0;
}

static bool kernel_memory(void)
{
  return reads("/proc/kcore") || reads("/dev/mem");
}

static bool capabilities(void)
{
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability) >= 0; capability++)
    if (prctl(PR_CAPBSET_READ, capability) == 1)
      return true;
  return false;
}

static bool new_privileges(void)
{
  return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0;
}

static bool leave_core(void)
{
  const struct rlimit limit = {4096, 4096};

  return setrlimit(RLIMIT_CORE, &limit) == 0;
}

#ifdef __x86_64__
/* getpid, as programs of 32 bits call it. */
static bool other_abi(void)
{
  long result = 20;

  __asm__ volatile("int $0x80" : "+a"(result) : : "memory", "cc");
  return result == getpid();
}
#endif

static bool open_mask(void)
{
  mode_t mask = umask(0);

  return (mask & 077) != 077;
}

static bool write_data(void)
{
  const char *path = in(data, "tlspin-probe");
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  bool done = fd >= 0 && flock(fd, LOCK_EX) == 0 && write(fd, "x", 1) == 1 && fsync(fd) == 0 &&
              ftruncate(fd, 0) == 0;

  closes(fd);
  return unlink(path) == 0 && done;
}

static bool reach_bus(void)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  bool done;

  (void)snprintf(address.sun_path, sizeof address.sun_path, "%s/bus", getenv("XDG_RUNTIME_DIR"));
  done = fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0;
  closes(fd);
  return done;
}

static bool read_system(void)
{
  return reads("/etc/passwd") && reads("/usr/share/common-licenses/GPL-2");
}

static void *thread(void *argument)
{
  return argument;
}

static bool run_thread(void)
{
  pthread_t id;

  return pthread_create(&id, NULL, thread, NULL) == 0 && pthread_join(id, NULL) == 0;
}

static bool lock_memory(void)
{
  void *pages = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  return pages != MAP_FAILED && mlock(pages, 1 << 20) == 0 &&
         madvise(pages, 1 << 20, MADV_DONTDUMP) == 0 &&
         madvise(pages, 1 << 20, MADV_WIPEONFORK) == 0;
}

/* "needs-": what has to be allowed. */
static const struct {
  const char *name;
  bool (*attempt)(void);
} attempts[] = {
    {"needs-data-folder", write_data},
    {"needs-session-bus", reach_bus},
    {"needs-system-files", read_system},
    {"needs-threads", run_thread},
    {"needs-locked-memory", lock_memory},
    {"files-of-the-user", read_secret},
    {"write-home", write_home},
    {"write-elsewhere", write_outside},
    {"runtime-folder", list_runtime},
    {"tmp", see_tmp},
    {"var-tmp", see_var_tmp},
    {"devices", see_devices},
    {"identify-caller", identify_caller},
    {"control-groups", write_cgroup},
    {"inet", inet_socket},
    {"inet6", inet6_socket},
    {"netlink", netlink_socket},
    {"network-namespace", same_network},
    {"ipc-namespace", same_ipc},
    {"user-namespace", same_users},
    {"uts-namespace", same_hostname},
    {"mount-namespace", same_mounts},
    {"new-namespace", new_namespace},
    {"writable-code", writable_code},
    {"code-of-data", code_of_data},
    {"trace-child", trace_child},
    {"personality", other_personality},
    {"priority", lower_priority},
    {"realtime", realtime},
    {"set-user-id", set_user_id},
    {"look-at-clock", look_at_clock},
    {"set-clock", set_clock},
    {"kernel-log", kernel_log},
    {"count-events", count_events},
    {"load-module", load_module},
    {"mount", mount_something},
    {"change-user", change_user},
    {"kernel-memory", kernel_memory},
    {"capabilities", capabilities},
    {"new-privileges", new_privileges},
    {"core", leave_core},
#ifdef __x86_64__
    {"other-abi", other_abi},
#endif
    {"mask-of-files", open_mask},
};

/* Each in a child, which a filter of system calls may end and a new namespace doesn't leave. */
static const char *outcome(bool (*attempt)(void))
{
  int status = 0;
  pid_t child = fork();

  if (child == 0)
    _exit(attempt() ? 0 : 1);
  if (child < 0 || waitpid(child, &status, 0) != child)
    return "failed";
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? "allowed" : "refused";
}

int main(int argc, char **argv)
{
  if (argc < 6 || geteuid() == 0) /* what root tries it might do */
    return 1;
  data = argv[1];
  secret = argv[2];
  outside = argv[3];
  caller = argv[4];
  namespaces = argv + 5;
  for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++)
    (void)printf("%s\t%s\n", attempts[i].name, outcome(attempts[i].attempt));
  _exit(fflush(stdout) == 0 ? 0 : 1); /* a sanitizer would look for leaks by tracing */
}
