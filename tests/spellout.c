/* Long words of calls: see spellout.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/spellout.h"

#include "tests/pki.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

enum { TRIES = 100 };

static void append_certificate(GString *words, const struct pki_identity *identity)
{
  gnutls_datum_t der = pki_certificate_der(identity);

  if (words->len > 0)
    g_string_append_c(words, ',');
  for (unsigned i = 0; i < der.size; i++)
    g_string_append_printf(words, "%02x", der.data[i]);
  gnutls_free(der.data);
}

static char *make_chain(unsigned count)
{
  GString *words = g_string_new(NULL);

  for (unsigned i = 0; i < count; i++) {
    struct pki_identity identity = {0};

    pki_make(&identity, NULL, &(struct pki_request){.purpose = PKI_SERVER, .name = "a.example"});
    append_certificate(words, &identity);
    pki_free(&identity);
  }
  return g_string_free(words, FALSE);
}

/* Lengths of numbers in it vary from one to the next: what comes near is tried again. */
static char *make_large(size_t size)
{
  size_t noise = size - 1000;

  for (int i = 0; i < TRIES; i++) {
    struct pki_identity identity = {0};
    g_autoptr(GString) words = g_string_new(NULL);

    pki_make(&identity, NULL,
             &(struct pki_request){.purpose = PKI_SERVER, .name = "a.example", .noise = noise});
    append_certificate(words, &identity);
    pki_free(&identity);
    if (words->len / 2 == size)
      return g_strdup(words->str);
    noise += size - words->len / 2;
  }
  fail_msg("no certificate of %zu octets", size);
  return NULL;
}

/* <N> and <=N> are made once. */
static const char *chain_of(const char *word)
{
  static GHashTable *made;
  g_autofree char *name = g_strndup(word, strcspn(word, ">"));

  if (made == NULL)
    made = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  if (!g_hash_table_contains(made, name))
    g_hash_table_insert(made, g_strdup(name),
                        name[1] == '=' ? make_large(strtoul(name + 2, NULL, 10))
                                       : make_chain((unsigned)strtoul(name + 1, NULL, 10)));
  return g_hash_table_lookup(made, name);
}

char *spell_out(const char *word)
{
  GString *text = g_string_new(NULL);

  while (word[0] != '\0') {
    if (word[0] == '<') {
      g_string_append(text, chain_of(word));
      word = strchr(word, '>') + 1;
    } else if (word[0] == '{' && g_ascii_isdigit(word[1])) {
      char *start;
      unsigned long times = strtoul(word + 1, &start, 10);
      size_t size = strcspn(start + 1, "}");

      for (; times > 0; times--)
        g_string_append_len(text, start + 1, (gssize)size);
      word = start + 1 + size + 1;
    } else {
      g_string_append_c(text, *word++);
    }
  }
  return g_string_free(text, FALSE);
}
