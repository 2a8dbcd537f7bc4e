/* Directives of a header field: see directives.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/directives.h"

#include <string.h>

enum { END = -1, TAB = 0x09, DELETE = 0x7f };

static int peek(const struct directives *d)
{
  return d->at < d->text.size ? d->text.data[d->at] : END;
}

/* What was passed over since `from`. */
static struct span since(const struct directives *d, size_t from)
{
  return (struct span){&d->text.data[from], d->at - from};
}

/* OWS (RFC 7230 section 3.2.3). */
static bool is_space(int c)
{
  return c == ' ' || c == TAB;
}

static void skip_spaces(struct directives *d)
{
  while (is_space(peek(d)))
    d->at++;
}

static bool is_alphanumeric(int c)
{
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* tchar */
static bool is_token(int c)
{
  return is_alphanumeric(c) || (c > 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

/* HTAB, SP, VCHAR and obs-text: what stands in quotes, and behind a backslash there. */
static bool is_text(const struct directives *d, int c)
{
  return c == TAB || (c >= ' ' && c != DELETE) || (c == DELETE && d->manner == DIRECTIVES_TOLERANT);
}

static bool read_token(struct directives *d, struct span *token)
{
  size_t from = d->at;

  while (is_token(peek(d)))
    d->at++;
  *token = since(d, from);
  return token->size > 0;
}

static bool read_quoted(struct directives *d, struct span *value)
{
  int quote = peek(d);
  size_t from = ++d->at;

  for (; peek(d) != quote; d->at++) {
    if (peek(d) == '\\')
      d->at++;
    if (!is_text(d, peek(d)))
      return false;
  }
  *value = since(d, from);
  d->at++;
  return true;
}

static bool is_quote(const struct directives *d, int c)
{
  return c == '"' || (c == '\'' && d->manner == DIRECTIVES_TOLERANT);
}

/* [ "=" ( token / quoted-string ) ] */
static bool read_value(struct directives *d, struct directive *directive)
{
  if (d->manner == DIRECTIVES_TOLERANT)
    skip_spaces(d);
  directive->has_value = peek(d) == '=';
  if (!directive->has_value)
    return true;
  d->at++;
  if (d->manner == DIRECTIVES_TOLERANT)
    skip_spaces(d);
  directive->quoted = is_quote(d, peek(d));
  return directive->quoted ? read_quoted(d, &directive->value) : read_token(d, &directive->value);
}

struct directives directives_of(struct span text, enum directives_manner manner)
{
  return (struct directives){.text = text, .manner = manner};
}

static enum directives_step malformed(struct directives *d)
{
  d->at = d->text.size;
  return DIRECTIVES_MALFORMED;
}

enum directives_step directives_next(struct directives *d, struct directive *directive)
{
  *directive = (struct directive){.has_value = false};
  while (peek(d) == ';' || is_space(peek(d)))
    d->at++;
  if (peek(d) == END)
    return DIRECTIVES_END;
  if (!read_token(d, &directive->name) || !read_value(d, directive))
    return malformed(d);
  skip_spaces(d);
  return peek(d) == ';' || peek(d) == END ? DIRECTIVES_NEXT : malformed(d);
}

/* Not by locale: in a Turkish one 'I' has another lower case. */
static int lower(int c)
{
  return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

bool directive_names_equal(struct span a, struct span b)
{
  if (a.size != b.size)
    return false;
  for (size_t i = 0; i < a.size; i++)
    if (lower(a.data[i]) != lower(b.data[i]))
      return false;
  return true;
}

void directive_value(const struct directive *directive, struct writer *writer)
{
  struct span value = directive->value;

  for (size_t i = 0; i < value.size; i++) {
    if (directive->quoted && value.data[i] == '\\')
      i++;
    writer_u8(writer, value.data[i]);
  }
}
