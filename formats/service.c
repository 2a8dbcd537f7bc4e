/* Ports of services: see service.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "formats/service.h"

#include "formats/lines.h"

/* IANA's register of service names, of those that TLS is spoken for. The system's /etc/services
 * would make what a file means depend on the machine. */
static const struct {
  const char *name;
  uint16_t port;
} services[] = {
    {"https", 443},        {"imaps", 993},         {"imap", 143},         {"imap2", 143},
    {"pop3s", 995},        {"pop3", 110},          {"pop-3", 110},        {"smtp", 25},
    {"smtps", 465},        {"submissions", 465},   {"ssmtp", 465},        {"submission", 587},
    {"ldap", 389},         {"ldaps", 636},         {"ftp", 21},           {"ftps", 990},
    {"nntp", 119},         {"nntps", 563},         {"ircs", 6697},        {"ircs-u", 6697},
    {"xmpp-client", 5222}, {"xmpps-client", 5223}, {"xmpp-server", 5269}, {"sieve", 4190},
    {"domain-s", 853},     {"telnets", 992},       {"sip-tls", 5061},     {"sips", 5061},
    {"amqps", 5671},       {"secure-mqtt", 8883},  {"turns", 5349},       {"postgresql", 5432},
    {"mysql", 3306},       {"git", 9418},          {"vnc", 5900},
};

bool service_port(struct span service, uint16_t *port)
{
  uint64_t number;

  if (span_is(service, "*")) {
    *port = 0;
    return true;
  }
  if (span_number(service, UINT16_MAX, &number)) {
    *port = (uint16_t)number;
    return number > 0;
  }
  for (size_t i = 0; i < sizeof services / sizeof services[0]; i++)
    if (span_is(service, services[i].name)) {
      *port = services[i].port;
      return true;
    }
  return false;
}
