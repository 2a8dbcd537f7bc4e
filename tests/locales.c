/* Locales for tests: see locales.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/locales.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool compile(const char *name, const char *output)
{
  int status = -1;
  pid_t pid = fork();

  if (pid == 0) {
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    dup2(null, STDERR_FILENO);
    execlp("localedef", "localedef", "--no-archive", "-i", name, "-f", "UTF-8", output, NULL);
    _exit(127);
  }
  return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
         WEXITSTATUS(status) == 0;
}

static void remove_files(const char *directory)
{
  DIR *files = opendir(directory);
  struct dirent *file;

  while (files != NULL && (file = readdir(files)) != NULL)
    unlinkat(dirfd(files), file->d_name,
             file->d_type == DT_DIR && file->d_name[0] != '.' ? AT_REMOVEDIR : 0);
  if (files != NULL)
    closedir(files);
}

/* glibc looks for "tr_TR.UTF-8" under LOCPATH in the directory tr_TR.UTF-8. */
static bool compile_and_use(const char *directory, const char *name, const char *full_name)
{
  char output[PATH_MAX], messages[PATH_MAX + 16];
  bool used;

  snprintf(output, sizeof output, "%s/%s", directory, full_name);
  snprintf(messages, sizeof messages, "%s/LC_MESSAGES", output);
  used = compile(name, output) && setenv("LOCPATH", directory, 1) == 0 &&
         setlocale(LC_ALL, full_name) != NULL;
  remove_files(messages);
  remove_files(output);
  rmdir(output);
  return used;
}

bool locale_use(const char *name)
{
  char directory[] = "/tmp/tlspin-locale-XXXXXX", full_name[64];
  bool used;

  snprintf(full_name, sizeof full_name, "%s.UTF-8", name);
  if (setlocale(LC_ALL, full_name) != NULL)
    return true;
  if (mkdtemp(directory) == NULL)
    return false;
  used = compile_and_use(directory, name, full_name);
  rmdir(directory);
  return used;
}
