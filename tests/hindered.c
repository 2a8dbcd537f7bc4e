/* A program to which the kernel refuses some calls.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   hindered none|read|write|sync PROGRAM [ARGUMENT...]
 *
 * runs PROGRAM, which finds that all its calls of pread for a page of a database, of pwrite, or of
 * fsync and fdatasync fail with EIO, as on a disk that breaks. Its files' modes hold for it also
 * where it runs as root. */
#include "config.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PAGE = 4096 }; /* the loader of programs calls pread, too, for less */

static const struct hindrance {
  const char *name;
  unsigned calls[2]; /* where there is one only, it is named twice */
  unsigned size;     /* only calls for so many octets; 0: all */
} hindrances[] = {
    {"read", {__NR_pread64, __NR_pread64}, PAGE},
    {"write", {__NR_pwrite64, __NR_pwrite64}, 0},
    {"sync", {__NR_fsync, __NR_fdatasync}, 0},
};

/* The half of an argument that counts. */
static unsigned offset_of_size(void)
{
  const uint16_t one = 1;
  bool little = *(const uint8_t *)&one == 1;

  return (unsigned)offsetof(struct seccomp_data, args[2]) + (little ? 0 : 4);
}

static void refuse(const struct hindrance *hindrance)
{
  struct sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, hindrance->calls[0], 1, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, hindrance->calls[1], 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset_of_size()),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, hindrance->size, 0, hindrance->size == 0 ? 0 : 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EIO),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {sizeof filter / sizeof filter[0], filter};

  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
      prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0)
    return;
  perror("hindered: seccomp");
  exit(126);
}

int main(int argc, char **argv)
{
  if (argc < 3) {
    fprintf(stderr, "usage: hindered none|read|write|sync PROGRAM [ARGUMENT...]\n");
    return 2;
  }
  /* Only root has them and may drop them; after exec they are gone. */
  (void)prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0);
  (void)prctl(PR_CAPBSET_DROP, CAP_DAC_READ_SEARCH, 0, 0, 0);
  for (size_t i = 0; i < sizeof hindrances / sizeof hindrances[0]; i++)
    if (strcmp(hindrances[i].name, argv[1]) == 0)
      refuse(&hindrances[i]);
  execv(argv[2], argv + 2);
  perror(argv[2]);
  return 127;
}
