/* Calls of every method by chance: see mixture.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/mixture.h"

#include "daemon/backups.h"
#include "daemon/handlers.h"
#include "tests/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

enum { COSTLY_KINDS = 5 };

static char *path_words(size_t server)
{
  GString *text = g_string_new(NULL);

  for (size_t i = 0; i < PATH_SIZE; i++) {
    struct span octets = gate_paths[server].certificate[i];

    if (i > 0)
      g_string_append_c(text, ',');
    for (size_t k = 0; k < octets.size; k++)
      g_string_append_printf(text, "%02x", octets.data[k]);
  }
  return g_string_free(text, FALSE);
}

void mixture_open(struct mixture *mixture, uint32_t seed, const char *store)
{
  *mixture = (struct mixture){.seed = seed,
                              .store = store,
                              .paths = {path_words(GATE_FIRST), path_words(GATE_FOREIGN)},
                              .made = g_hash_table_new(g_str_hash, g_str_equal)};
}

void mixture_close(struct mixture *mixture)
{
  g_free(mixture->paths[0]);
  g_free(mixture->paths[1]);
  g_hash_table_unref(mixture->made);
}

/* xorshift */
static uint32_t roll(uint32_t *seed)
{
  *seed ^= *seed << 13;
  *seed ^= *seed >> 17;
  *seed ^= *seed << 5;
  return *seed;
}

/* What programs call. */
static struct call choose_pins(const struct mixture *mixture, uint32_t which, unsigned host,
                               uint32_t random)
{
  const char *path = mixture->paths[random % 8 == 0];

  if (which < 40)
    return (struct call){"Lookup", "ssq", g_strdup_printf("h%u.example|tls|443", host)};
  if (which < 50)
    return (struct call){"CheckChain", "ssqaaya{sv}",
                         g_strdup_printf("h%u.example|tls|443|%s|path=b:1;pki=s:ok;learn=b:%u%s",
                                         host, path, random % 3 != 0,
                                         random % 16 == 0 ? ";accepted=b:1" : "")};
  if (which < 57)
    return (struct call){"StoreTicket", "ssqayaysutay",
                         g_strdup_printf("t%u.example|tls|443|%u*%02x|32*cd|sha256|%u|0|", host,
                                         1 + random % 2000, random % 256, 600 + random % 5000)};
  if (which < 60)
    return (struct call){"ReportFailure", "ssqs",
                         g_strdup_printf("t%u.example|tls|443|proof-wrong", host)};
  return (struct call){
      "NoteHpkp", "ssqaybaay",
      g_strdup_printf("h%u.example|tls|443|%s|0|%s", host,
                      random % 2 != 0 ? "6d61782d6167653d30" /* max-age=0 */ : "78", path)};
}

/* What the user's tools call to change something, */
static struct call choose_change(uint32_t which, unsigned host, uint32_t random)
{
  if (which < 67)
    return (struct call){
        "Put", "aa{sv}a{sv}",
        g_strdup_printf("host=s:h%u.example;scope=s:exact;kind=s:pin;status=s:active;"
                        "digest=ay:32*%02x&host=s:o%u.example;scope=s:subtree;kind=s:mode;"
                        "status=s:off|",
                        host, random % 256, host)};
  if (which < 71)
    return (struct call){"Clear", "a{sv}", g_strdup_printf("host=s:h%u.example", host)};
  if (which < 73)
    return (struct call){"Clear", "a{sv}", g_strdup_printf("pattern=s:?%u*.example", random % 10)};
  if (which < 76)
    return (struct call){"Undo", "t", g_strdup("0")};
  return (struct call){"Acknowledge", "t", g_strdup_printf("%u", 1 + random % 100)};
}

/* and to look at something. */
static struct call choose_look(const struct mixture *mixture, uint32_t which, unsigned host,
                               uint32_t random)
{
  if (which < 81)
    return (struct call){"List", "a{sv}su",
                         g_strdup_printf("pattern=s:h%u*||%u", random % 20, 1 + random % 50)};
  if (which < 84)
    return (struct call){"Get", "ssq", g_strdup_printf("t%u.example|tls|443", host)};
  if (which < 88)
    return (struct call){"Explain", "ssqaaya{sv}",
                         g_strdup_printf("h%u.example|tls|443|%s|", host, mixture->paths[0])};
  if (which < 92)
    return (struct call){"Events", "tsu", g_strdup_printf("0||%u", 1 + random % 20)};
  if (which < 93)
    return (struct call){"Doctor", "b", g_strdup("0")};
  return (struct call){"Status", "", g_strdup("")};
}

/* Including what must be refused. */
static struct call choose(struct mixture *mixture)
{
  uint32_t which = roll(&mixture->seed) % 100, random = roll(&mixture->seed);
  unsigned host = roll(&mixture->seed) % MIXTURE_HOSTS;

  if (which < 63)
    return choose_pins(mixture, which, host, random);
  if (which < 77)
    return choose_change(which, host, random);
  if (which < 95)
    return choose_look(mixture, which, host, random);
  if (which < 97)
    return (struct call){"Lookup", "s", g_strdup_printf("h%u.example", host)};
  return (struct call){"Lookup", "ssq", g_strdup_printf("h%u..example|tls|443", host)};
}

/* To be freed by g_free. What isn't there must be refused. */
static char *choose_backup(const char *store, uint32_t random)
{
  g_autoptr(GPtrArray) list = NULL;
  char *problem;

  if (backups_list(store, getuid(), INT64_MAX, false, &list, &problem) != TLSPIN_OK)
    fail_msg("%s", problem);
  if (list->len == 0)
    return g_strdup("pins-20010101T000000Z.db");
  return g_path_get_basename(((const struct backup *)list->pdata[random % list->len])->path);
}

static struct call choose_costly(const struct mixture *mixture, uint32_t random)
{
  unsigned host = random / 2 % MIXTURE_HOSTS;

  switch (mixture->turn % COSTLY_KINDS) {
  case 0:
    return (struct call){"Backup", "", g_strdup("")};
  case 1:
    return (struct call){"Doctor", "b", g_strdup("1")};
  case 2:
    return (struct call){"Restore", "s", choose_backup(mixture->store, random)};
  case 3:
    return (struct call){"Acknowledge", "t", g_strdup("0")};
  default:
    return (struct call){"Clear", "a{sv}",
                         random % 2 == 0
                             ? g_strdup_printf("host=s:h%u.example;forever=b:1", host)
                             : g_strdup_printf("pattern=s:?%u*.example;forever=b:1", host % 10)};
  }
}

static struct call note(struct mixture *mixture, struct call call)
{
  g_hash_table_add(mixture->made, (char *)(uintptr_t)call.method);
  return call;
}

struct call mixture_next(struct mixture *mixture)
{
  return note(mixture, choose(mixture));
}

struct call mixture_next_costly(struct mixture *mixture)
{
  struct call call = choose_costly(mixture, roll(&mixture->seed));

  mixture->turn++;
  return note(mixture, call);
}

static void check_made(const struct mixture *mixture, const struct interface *interface)
{
  for (const struct method *method = interface->methods; method->name != NULL; method++)
    if (!g_hash_table_contains(mixture->made, method->name))
      fail_msg("%s was not called", method->name);
}

unsigned mixture_methods(const struct mixture *mixture)
{
  check_made(mixture, handlers_pins);
  check_made(mixture, handlers_admin);
  return g_hash_table_size(mixture->made);
}
