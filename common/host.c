/* Host-name normalisation: see host.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/host.h"

#include "common/text.h"

#include <arpa/inet.h>
#include <idn2.h>
#include <stdlib.h>
#include <string.h>

static const struct {
  const char *token;
  const char *text;
} faults[] = {
    [HOST_FINE] = {"fine", N_("it is fine")},
    [HOST_EMPTY] = {"empty", N_("it is empty")},
    [HOST_CONTROL] = {"control", N_("it holds a NUL")},
    [HOST_ENCODING] = {"encoding", N_("it is not UTF-8")},
    [HOST_LENGTH] = {"length", N_("it is longer than 253 octets")},
    [HOST_LABEL_LENGTH] = {"label_length", N_("a part between dots is longer than 63 octets")},
    [HOST_LABEL] = {"label",
                    N_("a part between dots is empty or holds something else than letters, "
                       "digits and inner hyphens")},
    [HOST_IP] = {"ip", N_("it is an address; pins need a host name")},
    [HOST_COLON] =
        {"ip", N_("it holds a colon or a bracket, which no host name does, and is no address")},
    [HOST_FORM] = {"form", N_("a bracket is not closed, or more than a port stands behind it")},
    [HOST_IDNA] = {"idna", N_("it can't be written as an internationalised domain name")},
    [HOST_PORT] = {"port", N_("there is no port from 1 to 65535 behind its colon")},
    [HOST_NAMELESS] = {"nameless", N_("there is no host before its colon")},
    [HOST_URL] = {"url", N_("it is a URL; only the host in it counts")},
};

static const char *const protocols[PROTOCOL_COUNT] = {
    [PROTOCOL_TLS] = "tls",
    [PROTOCOL_DTLS] = "dtls",
};

const char *host_fault_token(enum host_fault fault)
{
  return faults[fault].token;
}

const char *host_fault_text(enum host_fault fault)
{
  return faults[fault].text;
}

const char *protocol_token(enum protocol protocol)
{
  return protocols[protocol];
}

bool protocol_from_token(const char *token, enum protocol *protocol)
{
  for (int i = 0; i < PROTOCOL_COUNT; i++)
    if (strcmp(protocols[i], token) == 0) {
      *protocol = (enum protocol)i;
      return true;
    }
  return false;
}

/* By table and not by locale: in a Turkish one 'I' has another lower case. */
static char lower(char c)
{
  return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_digit(char c)
{
  return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
  return is_digit(c) || (c >= 'a' && c <= 'f');
}

static bool is_inner(char c)
{
  return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-';
}

static bool all(const char *text, size_t size, bool (*is)(char))
{
  for (size_t i = 0; i < size; i++)
    if (!is(text[i]))
      return false;
  return true;
}

/* With or without brackets (RFC 3986 section 3.2.2) and zone (RFC 6874). */
static bool is_ipv6(const char *name)
{
  const char *start = name[0] == '[' ? name + 1 : name, *bracket = strchr(name, ']');
  size_t size = strcspn(start, "]%");
  char text[INET6_ADDRSTRLEN] = "";
  struct in6_addr address;

  if (size >= sizeof text || (start == name) != (bracket == NULL) ||
      (bracket != NULL && bracket[1] != '\0'))
    return false;
  memcpy(text, start, size);
  return inet_pton(AF_INET6, text, &address) == 1;
}

/* The URL standard's test: a name whose last label is a number is an IPv4 address, however it is
 * written. */
static bool is_ipv4(const char *name)
{
  const char *last = strrchr(name, '.');
  size_t size;

  last = last != NULL ? last + 1 : name;
  size = strlen(last);
  if (size == 0)
    return false;
  if (size >= 2 && last[0] == '0' && last[1] == 'x')
    return all(last + 2, size - 2, is_hex);
  return all(last, size, is_digit);
}

static enum host_fault check_label(const char *label, size_t size)
{
  if (size > LABEL_MAX)
    return HOST_LABEL_LENGTH;
  if (size == 0 || label[0] == '-' || label[size - 1] == '-' || !all(label, size, is_inner))
    return HOST_LABEL;
  return HOST_FINE;
}

static enum host_fault check_labels(const char *name)
{
  enum host_fault fault = HOST_FINE;

  while (fault == HOST_FINE) {
    size_t size = strcspn(name, ".");

    fault = check_label(name, size);
    if (name[size] == '\0')
      break;
    name += size + 1;
  }
  return fault;
}

/* The rules for ASCII names. No IDNA validation here: names such as xn--57h.ml exist although
 * IDNA 2008 refuses them. name is changed in place. */
static enum host_fault normalise_ascii(char *name, char out[HOST_MAX + 1])
{
  size_t size = strlen(name);
  enum host_fault fault;

  for (size_t i = 0; i < size; i++)
    name[i] = lower(name[i]);
  if (size > 0 && name[size - 1] == '.')
    name[--size] = '\0';
  if (size == 0)
    return HOST_EMPTY;
  if (is_ipv6(name))
    return HOST_IP;
  if (strpbrk(name, ":[") != NULL)
    return HOST_COLON;
  if (is_ipv4(name))
    return HOST_IP;
  if (size > HOST_MAX)
    return HOST_LENGTH;
  fault = check_labels(name);
  if (fault == HOST_FINE)
    memcpy(out, name, size + 1);
  return fault;
}

static enum host_fault fault_of_idn2(int rc)
{
  switch (rc) {
  case IDN2_ENCODING_ERROR:
    return HOST_ENCODING;
  case IDN2_TOO_BIG_DOMAIN:
    return HOST_LENGTH;
  case IDN2_TOO_BIG_LABEL:
  case IDN2_PUNYCODE_BIG_OUTPUT: /* its A-label is what is too long */
    return HOST_LABEL_LENGTH;
  default:
    return HOST_IDNA;
  }
}

/* IDN2_USE_STD3_ASCII_RULES is left out on purpose: it deletes the characters that it disallows, so
 * that "a/b.example" would become the key of another host. The rules for ASCII run afterwards. */
static enum host_fault normalise_unicode(const char *name, char out[HOST_MAX + 1])
{
  uint8_t *ascii = NULL;
  enum host_fault fault;
  int rc = idn2_lookup_u8((const uint8_t *)name, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);

  if (rc != IDN2_OK)
    return fault_of_idn2(rc);
  fault = normalise_ascii((char *)ascii, out);
  idn2_free(ascii);
  return fault;
}

enum host_fault host_normalise(const char *name, size_t size, char out[HOST_MAX + 1])
{
  char copy[HOST_INPUT_MAX + 1];
  bool ascii = true;

  if (size == 0)
    return HOST_EMPTY;
  if (size > HOST_INPUT_MAX)
    return HOST_LENGTH;
  for (size_t i = 0; i < size; i++) {
    if (name[i] == '\0')
      return HOST_CONTROL;
    ascii = ascii && (name[i] & 0x80) == 0;
    copy[i] = name[i];
  }
  copy[size] = '\0';
  return ascii ? normalise_ascii(copy, out) : normalise_unicode(copy, out);
}

static bool parse_port(const char *text, uint16_t *port)
{
  size_t size = strlen(text);
  unsigned long value;

  if (size == 0 || size > 5 || !all(text, size, is_digit))
    return false;
  value = strtoul(text, NULL, 10);
  *port = (uint16_t)value;
  return value >= 1 && value <= UINT16_MAX;
}

bool host_split(const char *text, char host[HOST_INPUT_MAX + 1], uint16_t *port)
{
  const char *start = text, *end, *rest;

  if (text[0] == '[') {
    start = text + 1;
    end = strchr(start, ']');
    if (end == NULL || memchr(start, ':', (size_t)(end - start)) == NULL)
      return false;
    rest = end + 1;
  } else {
    end = strchr(text, ':');
    if (end == NULL || strchr(end + 1, ':') != NULL) /* no colon, or an IPv6 address */
      end = text + strlen(text);
    rest = end;
  }
  if (end == start || end - start > HOST_INPUT_MAX || (rest[0] != '\0' && rest[0] != ':'))
    return false;
  memcpy(host, start, (size_t)(end - start));
  host[end - start] = '\0';
  *port = 0;
  return rest[0] == '\0' || parse_port(rest + 1, port);
}

enum host_fault host_split_fault(const char *text)
{
  const char *bracket = text[0] == '[' ? strchr(text, ']') : NULL;

  if (text[0] == '\0')
    return HOST_EMPTY;
  if (strstr(text, "://") != NULL)
    return HOST_URL;
  if (strlen(text) > HOST_INPUT_MAX)
    return HOST_LENGTH;
  if (text[0] == ':')
    return HOST_NAMELESS;
  return text[0] != '[' || (bracket != NULL && bracket[1] == ':') ? HOST_PORT : HOST_FORM;
}
