/* make-pki: a certificate authority on the spot, for scripts that need TLS servers.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   make-pki DIR FILE=HOST[,WORD]...
 *
 * writes DIR/ca.crt, and for each FILE a key and a certificate of that authority for the host:
 * DIR/FILE.key, DIR/FILE.pin ("sha256//...") and DIR/FILE.crt, which also has the certificates
 * between it and the authority. The words:
 *   ca          it is an authority, and HOST its name
 *   by=FILE     issued by that one, which was named before
 *   self        signed by itself
 *   key=FILE    with the key of that one
 *   for=DAYS    valid for so many days from now on; negative: it ended so long ago */
#include "config.h"

#include "common/spki.h"
#include "tests/pki.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST = 32, DAY = 86400 };

struct made {
  const char *name;
  const struct made *issuer;
  struct pki_identity identity;
};

static struct made ca = {.name = "ca"}, made[MOST];
static size_t count;

static void must(bool worked, const char *what)
{
  if (worked)
    return;
  fprintf(stderr, "make-pki: %s\n", what);
  exit(EXIT_FAILURE);
}

static char *path_of(const char *dir, const char *name, const char *suffix)
{
  char *path = NULL;

  must(asprintf(&path, "%s/%s%s", dir, name, suffix) > 0, "out of memory");
  return path;
}

static const struct made *find(const char *name)
{
  for (size_t i = 0; i < count; i++)
    if (strcmp(made[i].name, name) == 0)
      return &made[i];
  must(false, "a FILE was not named before");
  return NULL;
}

static void read_word(const char *word, struct pki_request *request, const struct made **issuer)
{
  if (strcmp(word, "ca") == 0) {
    request->purpose = PKI_CA;
  } else if (strcmp(word, "self") == 0) {
    *issuer = NULL;
  } else if (strncmp(word, "by=", 3) == 0) {
    *issuer = find(word + 3);
  } else if (strncmp(word, "key=", 4) == 0) {
    request->key = find(word + 4)->identity.key;
  } else if (strncmp(word, "for=", 4) == 0) {
    request->not_after = time(NULL) + strtol(word + 4, NULL, 10) * DAY;
    request->not_before = request->not_after - 90 * DAY;
  } else {
    must(false, "there is no such WORD");
  }
}

static void write_pin(const struct made *one, const char *dir)
{
  gnutls_datum_t spki = pki_spki_der(&one->identity);
  char *path = path_of(dir, one->name, ".pin"), text[SPKI_PIN_TEXT_SIZE];
  FILE *file = fopen(path, "w");

  must(file != NULL && spki_pin_text((struct span){spki.data, spki.size}, text) &&
           fprintf(file, "%s\n", text) > 0 && fclose(file) == 0,
       "can't write a pin");
  gnutls_free(spki.data);
  free(path);
}

/* The authority itself is not in the chain: whoever trusts it has it. */
static void write_made(const struct made *one, const char *dir)
{
  char *certificate = path_of(dir, one->name, ".crt"), *key = path_of(dir, one->name, ".key");
  const struct pki_identity *chain[MOST];
  size_t size = 0;

  for (const struct made *next = one; next != NULL && next != &ca; next = next->issuer)
    chain[size++] = &next->identity;
  pki_write(chain, size, certificate, key);
  write_pin(one, dir);
  free(certificate);
  free(key);
}

static void make(const char *dir, char *argument)
{
  struct pki_request request = {.purpose = PKI_SERVER};
  struct made *one = &made[count];
  char *rest = strchr(argument, '='), *word;

  must(count < MOST && rest != NULL && rest[1] != '\0', "an argument is not FILE=HOST");
  *rest++ = '\0';
  one->name = argument;
  one->issuer = &ca;
  request.name = strsep(&rest, ",");
  while ((word = strsep(&rest, ",")) != NULL)
    read_word(word, &request, &one->issuer);
  pki_make(&one->identity, one->issuer != NULL ? &one->issuer->identity : NULL, &request);
  count++;
  write_made(one, dir);
}

int main(int argc, char **argv)
{
  char *path;

  must(argc > 2, "usage: make-pki DIR FILE=HOST[,WORD]...");
  pki_make(&ca.identity, NULL, &(struct pki_request){.purpose = PKI_CA, .name = "Story CA"});
  path = path_of(argv[1], "ca", ".crt");
  pki_write(&(const struct pki_identity *){&ca.identity}, 1, path, NULL);
  free(path);
  for (int i = 2; i < argc; i++)
    make(argv[1], argv[i]);
  pki_free(&ca.identity);
  while (count > 0)
    pki_free(&made[--count].identity);
  return EXIT_SUCCESS;
}
