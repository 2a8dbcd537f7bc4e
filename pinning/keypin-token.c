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

const char *keypin_kind_token(enum keypin_kind kind)
{
  return kinds[kind];
}

bool keypin_kind_from_token(const char *token, enum keypin_kind *kind)
{
  unsigned found = find(kinds, KEYPIN_KINDS, token);

  if (found < KEYPIN_KINDS)
    *kind = (enum keypin_kind)found;
  return found < KEYPIN_KINDS;
}

const char *keypin_status_token(enum keypin_status status)
{
  return statuses[status];
}

bool keypin_status_from_token(const char *token, enum keypin_status *status)
{
  unsigned found = find(statuses, KEYPIN_STATUSES, token);

  if (found < KEYPIN_STATUSES)
    *status = (enum keypin_status)found;
  return found < KEYPIN_STATUSES;
}

const char *keypin_origin_token(enum keypin_origin origin)
{
  return origins[origin];
}

bool keypin_origin_from_token(const char *token, enum keypin_origin *origin)
{
  unsigned found = find(origins, KEYPIN_ORIGINS, token);

  if (found < KEYPIN_ORIGINS)
    *origin = (enum keypin_origin)found;
  return found < KEYPIN_ORIGINS;
}

const char *keypin_level_token(enum keypin_level level)
{
  return levels[level];
}

bool keypin_level_from_token(const char *token, enum keypin_level *level)
{
  unsigned found = find(levels, KEYPIN_LEVELS, token);

  if (found < KEYPIN_LEVELS)
    *level = (enum keypin_level)found;
  return found < KEYPIN_LEVELS;
}

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
