/* The words of key pins: see keypin.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/keypin.h"

#include <string.h>

static const char *const kinds[KEYPIN_KINDS] = {
    [KEYPIN_PIN] = "pin",
    [KEYPIN_EXCEPTION] = "exception",
    [KEYPIN_MODE] = "mode",
};

static const char *const statuses[KEYPIN_STATUSES] = {
    [KEYPIN_INACTIVE] = "inactive", [KEYPIN_ACTIVE] = "active",     [KEYPIN_CRITICAL] = "critical",
    [KEYPIN_REJECTED] = "rejected", [KEYPIN_EXCEPTED] = "excepted", [KEYPIN_ON] = "on",
    [KEYPIN_OFF] = "off",
};

static const char *const origins[KEYPIN_ORIGINS] = {
    [KEYPIN_TOFU] = "tofu", [KEYPIN_HPKP] = "hpkp",     [KEYPIN_PROGRAM] = "program",
    [KEYPIN_USER] = "user", [KEYPIN_IMPORT] = "import", [KEYPIN_POLICY] = "policy",
};

static const char *const levels[KEYPIN_LEVELS] = {
    [KEYPIN_LEAF] = "leaf",           [KEYPIN_ISSUER] = "issuer", [KEYPIN_ANCHOR] = "anchor",
    [KEYPIN_AUTHORITY] = "authority", [KEYPIN_ANY] = "any",
};

/* By the number of the bit. */
static const char *const errors[PKI_ERRORS] = {
    "unknown-issuer", "expired", "not-yet-valid", "name", "weak", "purpose", "revoked", "other",
};

/* The index of a token, or `count`. */
static unsigned find(const char *const tokens[], unsigned count, const char *token)
{
  unsigned i = 0;

  while (i < count && strcmp(tokens[i], token) != 0)
    i++;
  return i;
}

/* The words of an enumeration, both ways. */
#define TOKENS(enumeration, tokens, count)                                                         \
  const char *enumeration##_token(enum enumeration value)                                          \
  {                                                                                                \
    return tokens[value];                                                                          \
  }                                                                                                \
                                                                                                   \
  bool enumeration##_from_token(const char *token, enum enumeration *value)                        \
  {                                                                                                \
    unsigned found = find(tokens, count, token);                                                   \
                                                                                                   \
    if (found < (count))                                                                           \
      *value = (enum enumeration)found;                                                            \
    return found < (count);                                                                        \
  }

TOKENS(keypin_kind, kinds, KEYPIN_KINDS)
TOKENS(keypin_status, statuses, KEYPIN_STATUSES)
TOKENS(keypin_origin, origins, KEYPIN_ORIGINS)
TOKENS(keypin_level, levels, KEYPIN_LEVELS)

const char *pki_error_token(enum pki_error error)
{
  unsigned bit = 0;

  while (bit < PKI_ERRORS - 1 && (unsigned)error >> bit != 1)
    bit++;
  return errors[bit];
}

bool pki_error_from_token(const char *token, enum pki_error *error)
{
  unsigned found = find(errors, PKI_ERRORS, token);

  if (found < PKI_ERRORS)
    *error = (enum pki_error)(1u << found);
  return found < PKI_ERRORS;
}
