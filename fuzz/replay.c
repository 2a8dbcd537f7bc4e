/* Runs a target over files, where there is no libFuzzer: all of its corpus, or those that are
 * named. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "fuzz/fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static unsigned runs;

/* A buffer of just the file's size, so that a sanitizer sees what is read beyond it. */
static void run_file(const char *path)
{
  FILE *file = fopen(path, "rb");
  struct stat status;
  uint8_t *data;

  if (file == NULL || fstat(fileno(file), &status) != 0) {
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    exit(1);
  }
  data = malloc((size_t)status.st_size);
  require((data != NULL || status.st_size == 0) &&
          fread(data, 1, (size_t)status.st_size, file) == (size_t)status.st_size);
  fclose(file);
  fprintf(stderr, "%s\n", path);
  require(LLVMFuzzerTestOneInput(data, (size_t)status.st_size) == 0);
  free(data);
  runs++;
}

static void run(const char *path)
{
  DIR *folder = opendir(path);
  struct dirent *entry;

  if (folder == NULL) {
    run_file(path);
    return;
  }
  while ((entry = readdir(folder)) != NULL) {
    char file[4096];

    if (entry->d_name[0] == '.')
      continue;
    require(snprintf(file, sizeof file, "%s/%s", path, entry->d_name) < (int)sizeof file);
    run_file(file);
  }
  closedir(folder);
}

/* fuzz-NAME has its corpus in the folder NAME. */
static void run_corpus(const char *program)
{
  const char *name = strstr(program, "fuzz-");
  char folder[4096];

  for (const char *next = name; next != NULL; next = strstr(next + 1, "fuzz-"))
    name = next;
  require(name != NULL);
  require(snprintf(folder, sizeof folder, "%s/%s", FUZZ_CORPUS, name + strlen("fuzz-")) <
          (int)sizeof folder);
  run(folder);
}

int main(int argc, char **argv)
{
  if (argc < 2)
    run_corpus(argv[0]);
  for (int i = 1; i < argc; i++)
    run(argv[i]);
  printf("%u inputs\n", runs);
  return runs > 0 ? 0 : 1;
}
