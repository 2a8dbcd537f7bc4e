/* Who calls: over a made-up /proc, and for real processes.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/caller.h"

#include "tests/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { USER = 1000, PROCESS = 4711 };

#define PLAIN_GROUP                                                                                \
  "0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnome-mail-12.scope\n"
#define WHOLE_MAP "         0          0 4294967295\n"
#define SMALL_MAP "      1000       1000          1\n"

/* A folder that looks like /proc, with one process, which is plain. */
struct tree {
  char *proc, *process, *host; /* host: what both take for their root */
};

static void write_at(const char *folder, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename(folder, name, NULL);

  assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void remove_at(const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename(folder, name, NULL);

  assert_int_equal(remove(path), 0);
}

static void link_at(const char *folder, const char *name, const char *target)
{
  g_autofree char *path = g_build_filename(folder, name, NULL);

  remove(path);
  assert_int_equal(symlink(target, path), 0);
}

static void write_status(const struct tree *tree, const char *user, const char *numbers)
{
  g_autofree char *text =
      g_strdup_printf("Name:\tmail\nUmask:\t0077\nUid:\t%s\nGid:\t1 1 1 1\n%s%sThreads:\t1\n", user,
                      numbers, numbers[0] != '\0' ? "\n" : "");

  write_at(tree->process, "status", text);
}

static int setup(void **state)
{
  struct tree *tree = g_new0(struct tree, 1);
  g_autofree char *self = NULL;
  char number[16];

  tree->proc = g_dir_make_tmp("tlspin-caller-XXXXXX", NULL);
  assert_non_null(tree->proc);
  g_snprintf(number, sizeof number, "%d", PROCESS);
  tree->process = g_build_filename(tree->proc, number, NULL);
  tree->host = g_build_filename(tree->proc, "host", NULL);
  self = g_build_filename(tree->proc, "self", NULL);
  assert_int_equal(g_mkdir(tree->process, 0755) | g_mkdir(tree->host, 0755) | g_mkdir(self, 0755),
                   0);
  link_at(self, "root", tree->host);
  link_at(tree->process, "root", tree->host);
  write_at(self, "uid_map", WHOLE_MAP);
  write_status(tree, "1000\t1000\t1000\t1000", "NSpid:\t4711");
  write_at(tree->process, "cgroup", PLAIN_GROUP);
  *state = tree;
  return 0;
}

static int teardown(void **state)
{
  struct tree *tree = *state;

  folder_remove(tree->proc);
  g_free(tree->proc);
  g_free(tree->process);
  g_free(tree->host);
  g_free(tree);
  return 0;
}

static enum caller_kind identify(const struct tree *tree)
{
  const struct caller_credentials told = {true, USER, PROCESS, ""};

  return caller_identify(&told, USER, tree->proc);
}

static void test_plain(void **state)
{
  assert_int_equal(identify(*state), CALLER_PLAIN);
}

static void test_user(void **state)
{
  const struct tree *tree = *state;
  struct caller_credentials told = {true, USER + 1, PROCESS, ""};

  assert_int_equal(caller_identify(&told, USER, tree->proc), CALLER_FOREIGN);
  told.user = 0;
  assert_int_equal(caller_identify(&told, USER, tree->proc), CALLER_FOREIGN);
  told.label = "snap.x.y";
  assert_int_equal(caller_identify(&told, USER, tree->proc), CALLER_FOREIGN);
  told = (struct caller_credentials){false, USER, PROCESS, ""};
  assert_int_equal(caller_identify(&told, USER, tree->proc), CALLER_UNKNOWN);
}

static void test_label(void **state)
{
  static const struct {
    const char *label;
    enum caller_kind kind;
  } cases[] = {
      {"snap.firefox.firefox (enforce)", CALLER_CONFINED},
      {"snap.code.code (complain)", CALLER_CONFINED},
      {"flatpak (unconfined)", CALLER_CONFINED},
      {"unconfined", CALLER_PLAIN},
      {"unconfined_u:unconfined_r:unconfined_t:s0", CALLER_PLAIN},
      {"snapd", CALLER_PLAIN},
  };
  const struct tree *tree = *state;

  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    const struct caller_credentials told = {true, USER, PROCESS, cases[i].label};

    assert_int_equal(caller_identify(&told, USER, tree->proc), cases[i].kind);
  }
}

static void test_no_process(void **state)
{
  const struct tree *tree = *state;
  struct caller_credentials told = {true, USER, 0, ""};

  assert_int_equal(caller_identify(&told, USER, tree->proc), CALLER_UNKNOWN);
  told.process = -1;
  assert_int_equal(caller_identify(&told, USER, tree->proc), CALLER_UNKNOWN);
  told.process = PROCESS + 1;
  assert_int_equal(caller_identify(&told, USER, tree->proc), CALLER_UNKNOWN);
}

/* Its number is another user's by now, or what there is can't be understood. */
static void test_status(void **state)
{
  static const struct {
    const char *user, *numbers;
    enum caller_kind kind;
  } cases[] = {
      {"1000\t1001\t1000\t1000", "NSpid:\t4711", CALLER_UNKNOWN},
      {"1001\t1000\t1000\t1000", "NSpid:\t4711", CALLER_PLAIN},
      {"0\t0\t0\t0", "NSpid:\t4711", CALLER_UNKNOWN},
      {"", "NSpid:\t4711", CALLER_UNKNOWN},
      {"x", "NSpid:\t4711", CALLER_UNKNOWN},
      {"1000\t1000\t1000\t1000", "NSpid:\t4711\t2", CALLER_CONFINED},
      {"1000\t1000\t1000\t1000", "NSpid:\t4711\t17\t3", CALLER_CONFINED},
      {"1000\t1000\t1000\t1000", "NSpid:\t", CALLER_UNKNOWN},
      {"1000\t1000\t1000\t1000", "", CALLER_UNKNOWN},
  };

  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    write_status(*state, cases[i].user, cases[i].numbers);
    assert_int_equal(identify(*state), cases[i].kind);
  }
}

static void test_status_missing(void **state)
{
  struct tree *tree = *state;
  char *large = g_strnfill(10000, 'x');

  write_at(tree->process, "status", large); /* what doesn't fit is not read in part */
  assert_int_equal(identify(tree), CALLER_UNKNOWN);
  remove_at(tree->process, "status");
  assert_int_equal(identify(tree), CALLER_UNKNOWN);
  g_free(large);
}

static void test_group(void **state)
{
#define USERS "0::/user.slice/user-1000.slice/user@1000.service/"
  static const struct {
    const char *groups;
    enum caller_kind kind;
  } cases[] = {
      {USERS "app.slice/app-flatpak-org.gnome.Epiphany-12345.scope\n", CALLER_CONFINED},
      {USERS "app.slice/app-flatpak-org.gnome.Epiphany-12345.scope/below\n", CALLER_CONFINED},
      {USERS "app.slice/snap.firefox.firefox-5bb7.scope\n", CALLER_CONFINED},
      {"0::/system.slice/snap.lxd.daemon.service\n", CALLER_CONFINED},
      {"12:pids:/x\n1:name=systemd:/user.slice/app-flatpak-a-1.scope\n0::/\n", CALLER_CONFINED},
      {"0::/../../app-flatpak-a-1.scope\n", CALLER_CONFINED},
      {USERS "app.slice/app-flatpaker.scope\n", CALLER_PLAIN},
      {USERS "app.slice/app-flatpak-a.slice\n", CALLER_PLAIN},
      {USERS "app.slice/desnap.x.scope\n", CALLER_PLAIN},
      {"0::/\n", CALLER_PLAIN},
      {"", CALLER_PLAIN},
  };
  struct tree *tree = *state;

  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    write_at(tree->process, "cgroup", cases[i].groups);
    assert_int_equal(identify(tree), cases[i].kind);
  }
  remove_at(tree->process, "cgroup");
  assert_int_equal(identify(tree), CALLER_UNKNOWN);
}

static void test_flatpak_info(void **state)
{
  struct tree *tree = *state;

  write_at(tree->host, ".flatpak-info", "[Application]\n");
  assert_int_equal(identify(tree), CALLER_CONFINED);
  remove_at(tree->host, ".flatpak-info");
  link_at(tree->host, ".flatpak-info", "/nowhere"); /* it is not followed */
  assert_int_equal(identify(tree), CALLER_CONFINED);
}

static void test_other_root(void **state)
{
  struct tree *tree = *state;

  link_at(tree->process, "root", tree->proc);
  assert_int_equal(identify(tree), CALLER_CONFINED);
  link_at(tree->process, "root", "/nowhere");
  assert_int_equal(identify(tree), CALLER_UNKNOWN);
}

/* What is judged by a process that no folder is open to; root would be let into all. */
static int in_child(enum caller_kind (*judge)(const struct tree *tree), const struct tree *tree)
{
  int status;
  pid_t pid = fork();

  if (pid == 0) {
    if (getuid() == 0 && setresuid(65534, 65534, 65534) != 0)
      _exit(100);
    _exit((int)judge(tree));
  }
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_true(WIFEXITED(status));
  return WEXITSTATUS(status);
}

/* The root is hidden by the folder above it, which root itself would see through. */
static void hide_root(const struct tree *tree)
{
  g_autofree char *closed = g_build_filename(tree->proc, "closed", NULL);
  g_autofree char *inside = g_build_filename(closed, "inside", NULL);

  assert_int_equal(g_mkdir(closed, 0755) | g_mkdir(inside, 0755), 0);
  link_at(tree->process, "root", inside);
  assert_int_equal(chmod(closed, 0), 0);
  assert_int_equal(chmod(tree->proc, 0755), 0);
}

static void show_root(const struct tree *tree)
{
  g_autofree char *closed = g_build_filename(tree->proc, "closed", NULL);

  assert_int_equal(chmod(closed, 0700), 0);
}

/* Hidden roots: of one process alone that says nothing good; where they all are, what systemd says
 * of it counts. */
static void test_hidden_root(void **state)
{
  struct tree *tree = *state;
  g_autofree char *self = g_build_filename(tree->proc, "self", NULL);

  hide_root(tree);
  assert_int_equal(in_child(identify, tree), CALLER_UNKNOWN);
  write_at(self, "uid_map", SMALL_MAP);
  assert_int_equal(in_child(identify, tree), CALLER_PLAIN);
  write_at(tree->process, "cgroup", "0::/user.slice/user-1000.slice/session-3.scope\n");
  assert_int_equal(in_child(identify, tree), CALLER_PLAIN);
  write_at(tree->process, "cgroup", "0::/\n");
  assert_int_equal(in_child(identify, tree), CALLER_UNKNOWN);
  write_at(tree->process, "cgroup", USERS "app.slice/app-flatpak-a-1.scope\n");
  assert_int_equal(in_child(identify, tree), CALLER_CONFINED);
  write_at(tree->process, "cgroup", PLAIN_GROUP);
  write_status(tree, "1000\t1000\t1000\t1000", "NSpid:\t4711\t2");
  assert_int_equal(in_child(identify, tree), CALLER_CONFINED);
  write_status(tree, "1000\t1000\t1000\t1000", "NSpid:\t4711");
  remove_at(self, "uid_map");
  assert_int_equal(in_child(identify, tree), CALLER_UNKNOWN);
  show_root(tree);
}

static void test_self(void **state)
{
  const struct tree *tree = *state;
  struct caller_credentials self = {true, getuid(), getpid(), ""};

  assert_true(caller_is_self(&self, "/proc"));
  assert_false(caller_is_self(&self, tree->proc)); /* another namespace's */
  assert_false(caller_is_self(&self, "/nowhere"));
  self.process++;
  assert_false(caller_is_self(&self, "/proc"));
  self.process = getpid();
  self.has_user = false;
  assert_false(caller_is_self(&self, "/proc"));
}

static enum caller_kind identify_real(pid_t process)
{
  const struct caller_credentials told = {true, getuid(), process, ""};

  return caller_identify(&told, getuid(), "/proc");
}

/* A child that tells when it has come as far as it shall, unless this system doesn't let it. */
struct child {
  pid_t pid;
  int ready;
};

static struct child start(bool (*enter)(void))
{
  struct child child;
  int ends[2];

  assert_int_equal(pipe(ends), 0);
  child.pid = fork();
  assert_true(child.pid >= 0);
  if (child.pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close(ends[0]);
    if (!enter() || write(ends[1], "+", 1) != 1)
      _exit(EXIT_FAILURE);
    for (;;)
      pause();
  }
  close(ends[1]);
  child.ready = ends[0];
  return child;
}

static bool is_ready(const struct child *child)
{
  char octet;

  return read(child->ready, &octet, 1) == 1;
}

static void end(const struct child *child)
{
  kill(child->pid, SIGKILL);
  assert_int_equal(waitpid(child->pid, NULL, 0), child->pid);
  close(child->ready);
}

static bool enter_nothing(void);

static void expect_real(bool (*enter)(void), enum caller_kind kind)
{
  struct child child = start(enter);

  if (!is_ready(&child)) {
    end(&child);
    assert_true(enter != enter_nothing); /* which nobody can refuse */
    print_message("no such namespace can be made here\n");
    skip();
  }
  assert_int_equal(identify_real(child.pid), kind);
  end(&child);
}

static bool enter_nothing(void)
{
  return true;
}

/* The test itself may run in what looks like a sandbox. */
static void test_real(void **state)
{
  (void)state;
  expect_real(enter_nothing, identify_real(getpid()));
}

static bool enter_root(void)
{
  return chroot("/usr") == 0 || (unshare(CLONE_NEWUSER) == 0 && chroot("/usr") == 0);
}

static void test_real_chroot(void **state)
{
  (void)state;
  expect_real(enter_root, CALLER_CONFINED);
}

/* Who ends leaves nothing that could be taken for it. */
static void test_real_ended(void **state)
{
  struct child child = start(enter_nothing);

  (void)state;
  assert_true(is_ready(&child));
  end(&child);
  assert_int_equal(identify_real(child.pid), CALLER_UNKNOWN);
}

/* A pid namespace begins with the children of who has asked for it: this one leaves the number of
 * its child, as it is outside, in shared memory. */
static pid_t *inner;

static bool enter_namespace(void)
{
  pid_t pid;

  if (unshare(CLONE_NEWPID) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0)
    return false;
  pid = fork();
  while (pid == 0)
    pause();
  *inner = pid;
  return pid > 0;
}

static void test_real_namespace(void **state)
{
  struct child outer;

  (void)state;
  inner = mmap(NULL, sizeof *inner, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  assert_true(inner != MAP_FAILED);
  outer = start(enter_namespace);
  if (!is_ready(&outer)) {
    end(&outer);
    skip();
  }
  assert_int_equal(identify_real(*inner), CALLER_CONFINED);
  kill(*inner, SIGKILL);
  end(&outer);
  munmap(inner, sizeof *inner);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_plain),
      TEST(test_user),
      TEST(test_label),
      TEST(test_no_process),
      TEST(test_status),
      TEST(test_status_missing),
      TEST(test_group),
      TEST(test_flatpak_info),
      TEST(test_other_root),
      TEST(test_hidden_root),
      TEST(test_self),
      cmocka_unit_test(test_real),
      cmocka_unit_test(test_real_chroot),
      cmocka_unit_test(test_real_ended),
      cmocka_unit_test(test_real_namespace),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
