/* Words, numbers and types for hostile calls: see vocabulary.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/vocabulary.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

/* Keys of dictionaries. of: the arguments whose dictionaries have them, a letter each. */
static const struct {
  struct vocabulary_key key;
  const char *of;
} keys[] = {
    {{"accepted", "b"}, "o"},     {{"all", "b"}, "f"},
    {{"always", "b"}, "e"},       {{"backed", "b"}, "e"},
    {{"certificate", "ay"}, "c"}, {{"chain", "aa{sv}"}, "e"},
    {{"count-seen", "t"}, "e"},   {{"digest", "ay"}, "ef"},
    {{"dry-run", "b"}, "p"},      {{"enforced-until", "t"}, "e"},
    {{"errors", "u"}, "eo"},      {{"expires", "t"}, "eo"},
    {{"first-seen", "t"}, "e"},   {{"forever", "b"}, "f"},
    {{"host", "s"}, "ef"},        {{"key", "s"}, "c"},
    {{"key-alone", "b"}, "o"},    {{"kind", "s"}, "ef"},
    {{"last-seen", "t"}, "e"},    {{"leaf-alone", "b"}, "o"},
    {{"learn", "b"}, "o"},        {{"level", "s"}, "e"},
    {{"matching", "y"}, "e"},     {{"more", "b"}, "p"},
    {{"not-after", "t"}, "c"},    {{"not-before", "t"}, "c"},
    {{"note", "s"}, "e"},         {{"operation", "t"}, "p"},
    {{"origin", "s"}, "ef"},      {{"path", "b"}, "o"},
    {{"pattern", "s"}, "f"},      {{"pki", "s"}, "o"},
    {{"port", "q"}, "ef"},        {{"private", "b"}, "o"},
    {{"program", "s"}, "o"},      {{"protocol", "s"}, "ef"},
    {{"raw-key", "b"}, "o"},      {{"scope", "s"}, "ef"},
    {{"selector", "y"}, "e"},     {{"served", "aay"}, "o"},
    {{"since", "t"}, "f"},        {{"status", "s"}, "ef"},
    {{"subject", "s"}, "c"},      {{"ticket", "s"}, "o"},
};

/* What is right under a name: words, or sizes of octets and numbers. */
static const struct {
  const char *name, *values;
} right[] = {
    {"anchor", "0 32"},
    {"certificate", "32"},
    {"cursor", " "},
    {"digest", "32 32 32 32 32 64"},
    {"errors", "1 2 3 9 0"},
    {"expires", "0 1900000000 2000000000"},
    {"first-seen", "0 1790000000"},
    {"header", "max-age=1000;pin-sha256=\"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\" max-age=0 "
               "max-age=1"},
    {"hash", "sha256 sha256 sha384"},
    {"host",
     "a.example a.example b.example www.a.example c.b.example A.Example. xn--bcher-kva.example"},
    {"key", "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="},
    {"kind", "pin pin pin pin pin exception mode"},
    {"lifetime", "0 1 86400 2678400"},
    {"level", "leaf issuer anchor authority any"},
    {"limit", "1 10 1000"},
    {"matching", "1 2"},
    {"note", "note"},
    {"operation", "0 0 1 2 3 100"},
    {"origin", "user import tofu hpkp program"},
    {"pattern", "*.example a* ?.example *"},
    {"pki", "ok ok failed unchecked"},
    {"port", "443 443 443 443 443 993 0"},
    {"program", "test other"},
    {"protocol", "tls tls tls tls dtls"},
    {"reason", "proof-wrong proof-missing extension-missing"},
    {"scope", "exact exact exact one-label subtree"},
    {"secret", "32 32 48"},
    {"selector", "0 1"},
    {"series", "0 1 2"},
    {"since", "1 1790000000"},
    {"status", "active active active critical inactive rejected excepted off"},
    {"subject", "subject"},
    {"ticket", "stands proved refused 100"},
};

static const char *const words[] = {
    "a.example",
    "b.example",
    "www.a.example",
    "tls",
    "dtls",
    "sha256",
    "sha384",
    "pin",
    "exception",
    "mode",
    "ticket",
    "exact",
    "one-label",
    "subtree",
    "inactive",
    "active",
    "critical",
    "rejected",
    "excepted",
    "on",
    "off",
    "tofu",
    "hpkp",
    "program",
    "user",
    "import",
    "leaf",
    "issuer",
    "anchor",
    "authority",
    "any",
    "ok",
    "unknown",
    "failed",
    "none",
    "stands",
    "proved",
    "refused",
    "proof-wrong",
    "no-proof",
    "no-extension",
    "policy",
    "test",
    "*",
    "*.example",
    "?",
    "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    "max-age=1000; pin-sha256=\"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\"",
    /* and none that means anything */
    "",
    ".",
    "..",
    "localhost",
    "127.0.0.1",
    "[::1]",
    "a.example:443",
    "https://a.example/",
    "B\xc3\xbc"
    "cher.example",
    "xn--",
    "xn--bcher-kva.example",
    "\xe2\x80\xae.example",
    "\xf0\x9f\x92\xa9",
    "\xef\xbf\xbe",
    "\xef\xbb\xbf"
    "a.example",
    "a\x01"
    "b",
    "\x1b[2J",
    "%s%n",
    "'; DROP TABLE pin; --",
    "../../etc/passwd",
    "a\nb",
    "\xc2\x85",
    "\x7f",
};

static const uint64_t numbers[] = {0,
                                   1,
                                   2,
                                   3,
                                   4,
                                   8,
                                   31,
                                   64,
                                   255,
                                   256,
                                   443,
                                   1000,
                                   1001,
                                   4096,
                                   UINT16_MAX,
                                   UINT16_MAX + 1,
                                   1000000,
                                   1796000000,
                                   INT32_MAX,
                                   UINT64_C(1) << 31,
                                   UINT32_MAX,
                                   253402300799,
                                   253402300800,
                                   INT64_MAX,
                                   UINT64_C(1) << 63,
                                   UINT64_MAX};

/* Of octets: those of digests, secrets, tickets and headers, and one more or less. */
static const size_t sizes[] = {0,  1,  2,   31,    32,    33,    47,   48,
                               49, 64, 300, 16384, 16385, 65535, 65536};

static const char *const types[] = {
    "s",      "y",   "b",      "n",         "q",           "i",  "u",    "x",   "t",
    "d",      "o",   "g",      "h",         "v",           "ay", "as",   "aay", "a{sv}",
    "aa{sv}", "(s)", "a(ssq)", "aaaaaaaas", "(((((s)))))", "av", "a{ss}"};

static bool is_of(size_t i, const char *name)
{
  return strchr(keys[i].of, name[0]) != NULL;
}

const struct vocabulary_key *vocabulary_key(const char *name, unsigned which)
{
  size_t i = which % G_N_ELEMENTS(keys);

  if (name != NULL && strchr("ceofp", name[0]) != NULL)
    while (!is_of(i, name))
      i = (i + 1) % G_N_ELEMENTS(keys);
  return &keys[i].key;
}

const struct vocabulary_key *vocabulary_needed(const char *name, unsigned which)
{
  static const char *const needed[] = {"host", "scope", "kind", "status", "digest"};

  if (g_strcmp0(name, "entries") != 0 || which >= G_N_ELEMENTS(needed))
    return NULL;
  for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
    if (strcmp(keys[i].key.key, needed[which]) == 0)
      return &keys[i].key;
  return NULL;
}

const char *vocabulary_word(unsigned which)
{
  return words[which % G_N_ELEMENTS(words)];
}

const char *vocabulary_type(unsigned which)
{
  return types[which % G_N_ELEMENTS(types)];
}

uint64_t vocabulary_number(unsigned which)
{
  return numbers[which % G_N_ELEMENTS(numbers)];
}

size_t vocabulary_size(unsigned which)
{
  return sizes[which % G_N_ELEMENTS(sizes)];
}

char *vocabulary_right(const char *name, unsigned which)
{
  for (size_t i = 0; i < G_N_ELEMENTS(right); i++)
    if (strcmp(right[i].name, name) == 0) {
      g_auto(GStrv) values = g_strsplit(right[i].values, " ", -1);

      return g_strdup(values[which % g_strv_length(values)]);
    }
  return NULL;
}
