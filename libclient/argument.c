/* The arguments of public functions: see argument.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/argument.h"

#include "common/text.h"
#include "common/tlspin-error.h"
#include "libclient/last.h"

#include <dbus/dbus.h>
#include <string.h>

int argument_there(const void *argument, const char *name)
{
  if (argument != NULL)
    return TLSPIN_OK;
  return last_say(TLSPIN_E_ARGUMENT, _("%s: it is missing"), name);
}

int argument_host(const char *host, char out[HOST_MAX + 1])
{
  int code = argument_there(host, "host");
  enum host_fault fault;

  if (code != TLSPIN_OK)
    return code;
  fault = host_normalise(host, strnlen(host, HOST_INPUT_MAX + 1), out);
  if (fault == HOST_FINE)
    return TLSPIN_OK;
  return last_say(fault == HOST_IP ? TLSPIN_CANNOT_BE_PINNED : TLSPIN_E_ARGUMENT, _("host: %s"),
                  _(host_fault_text(fault)));
}

int argument_protocol(const char *token, enum protocol *protocol)
{
  int code = argument_there(token, "protocol");

  if (code == TLSPIN_OK && !protocol_from_token(token, protocol))
    code = last_say(TLSPIN_E_ARGUMENT, _("protocol: it is neither 'tls' nor 'dtls'"));
  return code;
}

int argument_port(unsigned port, uint16_t *out)
{
  if (port == 0 || port > UINT16_MAX)
    return last_say(TLSPIN_E_ARGUMENT, _("port: %u is not one of 1 to 65535"), port);
  *out = (uint16_t)port;
  return TLSPIN_OK;
}

int argument_peer(const char *host, const char *protocol, unsigned port, struct peer *peer)
{
  int code = argument_host(host, peer->host);

  if (code == TLSPIN_OK)
    code = argument_protocol(protocol, &peer->protocol);
  if (code == TLSPIN_OK)
    code = argument_port(port, &peer->port);
  return code;
}

int argument_text(const char *text, const char *name, size_t max)
{
  int code = argument_there(text, name);
  size_t size;

  if (code != TLSPIN_OK)
    return code;
  size = strnlen(text, max + 1);
  if (size == 0 || size > max)
    return last_say(TLSPIN_E_ARGUMENT, _("%s: its length is not 1 to %zu octets"), name, max);
  if (!dbus_validate_utf8(text, NULL))
    return last_say(TLSPIN_E_ARGUMENT, _("%s: it is not UTF-8"), name);
  return TLSPIN_OK;
}
