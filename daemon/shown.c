/* What CheckChain and Explain are told: see shown.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/shown.h"

#include "common/text.h"
#include "daemon/digest.h"
#include "dbus/check.h"
#include "dbus/names.h"

#include <string.h>

static enum tlspin_code wrong(GString *problem, const char *key, const char *what)
{
  g_string_printf(problem, _("key '%s' of argument '%s': %s"), key, "options", what);
  return TLSPIN_E_ARGUMENT;
}

/* A failure of the PKI that is not told in full is one that nothing excuses. */
static enum tlspin_code read_pki(const struct bus_check_options *in, struct policy_shown *out,
                                 GString *problem)
{
  bool failed = strcmp(in->pki, "failed") == 0;

  if (in->errors >> PKI_ERRORS != 0)
    return wrong(problem, "errors", _("it must be 0 to 255"));
  if (in->errors != 0 && !failed)
    return wrong(problem, "errors", _("it goes with 'pki' as 'failed' only"));
  if (failed)
    out->pki = PKI_FAILED;
  else if (strcmp(in->pki, "ok") == 0)
    out->pki = PKI_OK;
  else if (in->pki[0] == '\0' || strcmp(in->pki, "unchecked") == 0)
    out->pki = PKI_UNCHECKED;
  else
    return wrong(problem, "pki", _("it must be 'ok', 'failed' or 'unchecked'"));
  out->errors = failed && in->errors == 0 ? (unsigned)PKI_OTHER : in->errors;
  return TLSPIN_OK;
}

static enum tlspin_code read_ticket(const struct bus_check_options *in, struct policy_shown *out,
                                    GString *problem)
{
  if (strcmp(in->ticket, "proved") == 0)
    out->ticket = TICKET_PROVED;
  else if (refusal_from_token(in->ticket, &out->refusal))
    out->ticket = TICKET_FAILED;
  else if (in->ticket[0] != '\0')
    return wrong(problem, "ticket", _("it must be 'proved' or a reason of ReportFailure"));
  return TLSPIN_OK;
}

static enum tlspin_code read_learning(const struct bus_check_options *in, struct policy_shown *out,
                                      GString *problem)
{
  out->learn = in->learn;
  out->leaf_alone = in->leaf_alone;
  out->private = in->is_private;
  out->accepted = in->accepted;
  out->expires = (int64_t)in->expires;
  out->program = in->program;
  if (in->accepted && !in->learn)
    return wrong(problem, "accepted", _("it goes with 'learn' only"));
  if (in->expires != 0 && !in->accepted)
    return wrong(problem, "expires", _("it goes with 'accepted' only"));
  if (in->expires > KEYPIN_FOREVER)
    return wrong(problem, "expires", _("it is no time before the year 10000"));
  if (strlen(in->program) > BUS_PROGRAM_MAX)
    return wrong(problem, "program", _("it is longer than 64 octets"));
  return TLSPIN_OK;
}

/* For the report alone, so that it may be anything that a server sends. */
static enum tlspin_code read_served(const struct bus_check_options *in, struct shown *out,
                                    GString *problem)
{
  enum chain_fault fault = in->served.count > CHAIN_MAX ? CHAIN_LONG : CHAIN_FINE;

  out->served = in->served;
  for (size_t i = 0; i < in->served.count && fault == CHAIN_FINE; i++)
    if (in->served.at[i].size > CHAIN_CERTIFICATE_MAX)
      fault = CHAIN_LARGE;
  out->shown.served = out->served.at;
  out->shown.served_count = out->served.count;
  return fault == CHAIN_FINE ? TLSPIN_OK : wrong(problem, "served", _(chain_fault_text(fault)));
}

/* What is known of a key or of a certificate alone is neither that there is nothing above it, nor
 * what. */
static enum tlspin_code read_form(const struct bus_check_options *in, GString *problem)
{
  const char *key = in->key_alone ? "key-alone" : "leaf-alone", *other = NULL;
  g_autofree char *what = NULL;

  if (in->raw_key)
    other = "raw-key";
  else if (in->path)
    other = "path";
  else if (in->key_alone && in->leaf_alone)
    other = "leaf-alone";
  if (other == NULL || (!in->key_alone && !in->leaf_alone))
    return TLSPIN_OK;
  what = g_strdup_printf(_("it doesn't go with '%s'"), other);
  return wrong(problem, key, what);
}

static enum tlspin_code read_chain(const struct bus_check_call *in, struct shown *out,
                                   GString *problem)
{
  enum chain_fault fault;

  out->shown.chain = NULL;
  if (in->chain.count == 0)
    return TLSPIN_OK;
  fault = chain_read(in->chain.at, in->chain.count, in->options.raw_key || in->options.key_alone,
                     in->options.path, digest_glib, &out->chain);
  out->chain.alone = in->options.key_alone;
  out->shown.chain = &out->chain;
  if (fault == CHAIN_FINE)
    return TLSPIN_OK;
  g_string_printf(problem, _("argument '%s' can't be used: %s"), "chain",
                  _(chain_fault_text(fault)));
  return TLSPIN_E_ARGUMENT;
}

enum tlspin_code shown_read(DBusMessage *call, struct shown *shown, GString *problem)
{
  struct bus_check_call in;
  struct bus_fault fault;
  enum tlspin_code peer, code;

  shown->shown = (struct policy_shown){.ticket = TICKET_NONE};
  if (!bus_read_check_call(call, &in, &fault))
    return handlers_fault("options", &fault, problem);
  peer = handlers_read_peer(&in.peer, &shown->peer, problem);
  if (peer != TLSPIN_OK && peer != TLSPIN_CANNOT_BE_PINNED)
    return peer;
  code = read_form(&in.options, problem);
  if (code == TLSPIN_OK)
    code = read_chain(&in, shown, problem);
  if (code == TLSPIN_OK)
    code = read_pki(&in.options, &shown->shown, problem);
  if (code == TLSPIN_OK)
    code = read_ticket(&in.options, &shown->shown, problem);
  if (code == TLSPIN_OK)
    code = read_learning(&in.options, &shown->shown, problem);
  if (code == TLSPIN_OK)
    code = read_served(&in.options, shown, problem);
  return code != TLSPIN_OK ? code : peer;
}
