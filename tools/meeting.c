/* One pinned handshake with a server: see meeting.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/meeting.h"

#include "common/text.h"
#include "libclient/tlspin-admin.h"
#include "libclient/tlspin-gnutls.h"
#include "pinning/verdict.h"
#include "tools/dial.h"
#include "tools/output.h"
#include "tools/thing.h"
#include "tools/tls.h"

#include <string.h>

static void fail(struct meeting *meeting, int status, const char *message)
{
  meeting->status = status;
  meeting->message = g_strdup(message);
}

/* Between attach and ClientHello the store is being asked; so this comes before the connection. The
 * certificate is checked there, too: only so exceptions count. False: after a failure. */
static bool attach(tlspin_t *context, const struct meeting_plan *plan, struct tls *tls,
                   struct meeting *meeting)
{
  int code = tlspin_gnutls_attach_with(tls->session, context, plan->name, plan->port,
                                       plan->level | TLSPIN_VERIFY);

  if (code == TLSPIN_CANNOT_BE_PINNED)
    tls_check(tls);
  if (code == TLSPIN_OK || code == TLSPIN_CANNOT_BE_PINNED)
    return true;
  fail(meeting, STATUS_CONNECTION, tlspin_code_text((enum tlspin_code)code));
  return false;
}

static bool is_doubtful(int answer)
{
  return answer == TLSPIN_UNAVAILABLE || answer == TLSPIN_STORE_DAMAGED ||
         answer == TLSPIN_CLOCK_SUSPECT;
}

/* A ticket is lost only where the store failed: a server need not hand one out, and a pin that is
 * locked, or was changed meanwhile, is not to be replaced. */
static bool is_lost(int kept)
{
  return is_doubtful(kept) || kept >= TLSPIN_E_ARGUMENT;
}

static void read_report(gnutls_session_t session, struct meeting *meeting)
{
  meeting->answer = tlspin_gnutls_answer(session);
  meeting->reason = g_strdup(tlspin_gnutls_reason(session));
  meeting->layer = g_strdup(tlspin_gnutls_layer(session));
  meeting->change = g_strdup(tlspin_gnutls_change(session));
  meeting->rule = tlspin_gnutls_rule(session);
  meeting->asked = tlspin_gnutls_asked(session) != 0;
  meeting->sent = tlspin_gnutls_sent(session) != 0;
  meeting->proved = tlspin_gnutls_proved(session) != 0;
  meeting->lifetime = tlspin_gnutls_lifetime(session);
  meeting->kept = tlspin_gnutls_kept(session);
  meeting->stored = tlspin_gnutls_stored(session);
}

static void read_session(gnutls_session_t session, struct meeting *meeting)
{
  gnutls_protocol_t version = gnutls_protocol_get_version(session);

  if (version == GNUTLS_VERSION_UNKNOWN || !identity_read(session, &meeting->certificate))
    return;
  meeting->tls13 = version == GNUTLS_TLS1_3;
  meeting->tls = gnutls_protocol_get_name(version);
  meeting->cipher = gnutls_cipher_get_name(gnutls_cipher_get(session));
}

/* The certificate isn't valid, and nothing excuses that. A pinned server is no other server for
 * that; but one that shows a key which its pins don't allow is, whatever its certificate says. */
static bool is_pki_failure(int handshake, const struct meeting *meeting)
{
  return handshake == GNUTLS_E_CERTIFICATE_ERROR &&
         (meeting->reason[0] == '\0' ||
          strcmp(meeting->reason, verdict_reason_token(VERDICT_PKI_FAILED)) == 0);
}

static void fail_connection(const struct tls *tls, int handshake, const char *message,
                            struct meeting *meeting)
{
  g_autofree char *problem = tls_problem(tls, handshake);
  g_autofree char *late = g_strdup_printf("%s %s", problem, _("--timeout gives it more time."));

  if (meeting->certificate.raw && handshake == GNUTLS_E_CERTIFICATE_ERROR)
    fail(meeting, STATUS_CONNECTION, message);
  else
    fail(meeting, STATUS_CONNECTION, handshake == GNUTLS_E_TIMEDOUT ? late : problem);
}

/* Who asked for no more than reports is told of all that is wrong; but a pin that is only to be
 * reported stops nobody. */
static bool is_reported(const struct meeting *meeting, unsigned level, int outcome)
{
  return outcome == TLSPIN_OK && meeting->reason[0] != '\0' && (level & TLSPIN_ADVISORY) == 0;
}

/* The connection's own failure counts more than the store's. */
static void judge(const struct tls *tls, int handshake, int outcome, const char *trouble,
                  struct meeting *meeting)
{
  const char *message = tlspin_gnutls_message(tls->session);

  if (outcome == TLSPIN_E_TLS || is_pki_failure(handshake, meeting)) {
    fail_connection(tls, handshake, message, meeting);
  } else if (outcome == TLSPIN_MISMATCH || (meeting->reason[0] != '\0' && !meeting->reported)) {
    fail(meeting, STATUS_PIN, message);
  } else if (outcome != TLSPIN_OK || is_doubtful(meeting->answer)) {
    fail(meeting, STATUS_STORE, message);
  } else if (is_lost(meeting->kept)) {
    fail(meeting, STATUS_STORE,
         trouble[0] != '\0' ? trouble : tlspin_code_text((enum tlspin_code)meeting->kept));
  } else {
    fail(meeting, STATUS_FINE, message);
  }
}

/* A server that can't be pinned has nothing attached to its session. */
static int finish(gnutls_session_t session, int handshake)
{
  int outcome = tlspin_gnutls_finish(session, handshake, TLSPIN_WAIT);

  if (outcome != TLSPIN_E_ARGUMENT)
    return outcome;
  return handshake == GNUTLS_E_SUCCESS ? TLSPIN_OK : TLSPIN_E_TLS;
}

static void shake_hands(const struct meeting_plan *plan, struct tls *tls, GSocket *socket,
                        gint64 deadline, struct meeting *meeting)
{
  int rc = tls_handshake(tls, socket, deadline), outcome;
  g_autofree char *trouble = NULL;

  meeting->greeted = true;
  outcome = finish(tls->session, rc);
  trouble = g_strdup(tlspin_last_message());
  meeting->done = rc == GNUTLS_E_SUCCESS;
  read_report(tls->session, meeting);
  read_session(tls->session, meeting);
  if (meeting->done)
    meeting->excused = tls_certificate_problem(tls);
  meeting->reported = is_reported(meeting, plan->level, outcome);
  judge(tls, rc, outcome, trouble, meeting);
  if (meeting->done)
    tls_bye(tls, socket);
}

static void connect_and_greet(const struct meeting_plan *plan, struct tls *tls,
                              struct meeting *meeting)
{
  gint64 deadline = g_get_monotonic_time() + plan->timeout * (gint64)G_USEC_PER_SEC;
  g_autoptr(GError) error = NULL;
  g_autoptr(GSocketConnection) connection = dial(plan->host, plan->port, deadline, &error);
  g_autofree char *message = NULL;

  if (connection == NULL) {
    bool late = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);

    message = g_strdup_printf(late ? _("%s, port %u: %s. --timeout gives it more time.")
                                   : _("%s, port %u: %s."),
                              plan->host, plan->port, error->message);
    fail(meeting, STATUS_CONNECTION, message);
    return;
  }
  meeting->address = dial_address(connection);
  shake_hands(plan, tls, g_socket_connection_get_socket(connection), deadline, meeting);
}

/* What it showed, judged as the store would: NULL where there is nothing to be judged so. */
static tlspin_gnutls_shown_t *look_again(const struct meeting_plan *plan, const struct tls *tls)
{
  tlspin_gnutls_shown_t *shown = NULL;
  const gnutls_datum_t *certificates;
  unsigned count = 0;

  if (tls->session == NULL)
    return NULL;
  certificates = gnutls_certificate_get_peers(tls->session, &count);
  if (certificates == NULL ||
      gnutls_certificate_type_get2(tls->session, GNUTLS_CTYPE_SERVER) != GNUTLS_CRT_X509 ||
      tlspin_gnutls_examine(tls->credentials, certificates, count, plan->name, &shown) != TLSPIN_OK)
    return NULL;
  return shown;
}

static bool is_exempt(const tlspin_explanation_t *explanation)
{
  return strcmp(thing_text(tlspin_explanation_verdict(explanation), "reason"),
                verdict_reason_token(VERDICT_ADDED_ANCHOR)) == 0;
}

static bool is_learned(const tlspin_explanation_t *explanation)
{
  bool found = false;

  for (size_t i = 0; i < tlspin_explanation_count(explanation, TLSPIN_ENTRIES) && !found; i++) {
    const tlspin_entry_t *entry = tlspin_explanation_at(explanation, TLSPIN_ENTRIES, i);

    found = thing_is(entry, "origin", keypin_origin_token(KEYPIN_TOFU)) &&
            thing_is(entry, "status", keypin_status_token(KEYPIN_ACTIVE));
  }
  return found;
}

static char *no_learning(const tlspin_explanation_t *explanation)
{
  for (size_t i = 0; i < tlspin_explanation_count(explanation, TLSPIN_SETTINGS); i++) {
    const tlspin_entry_t *setting = tlspin_explanation_at(explanation, TLSPIN_SETTINGS, i);

    if (thing_is(setting, "name", "learn") && thing_is(setting, "value", "no"))
      return g_strdup(thing_text(setting, "source"));
  }
  return NULL;
}

/* Nothing decided, and what was to be stored is stored: has the server's key been learned? */
static void read_learning(tlspin_t *context, const struct meeting_plan *plan, const struct tls *tls,
                          struct meeting *meeting)
{
  tlspin_explanation_t *explanation = NULL;
  tlspin_gnutls_shown_t *shown;

  if (!meeting->done || meeting->answer != TLSPIN_NO_PIN || meeting->is_private)
    return;
  shown = look_again(plan, tls);
  if (tlspin_explain(context, plan->name, "tls", plan->port,
                     shown != NULL ? tlspin_gnutls_shown_check(shown) : NULL,
                     &explanation) == TLSPIN_OK) {
    meeting->unlearned = !is_learned(explanation);
    meeting->no_learning = no_learning(explanation);
    meeting->exempt = is_exempt(explanation);
    tlspin_explanation_free(explanation);
  }
  tlspin_gnutls_shown_free(shown);
}

void meeting_hold(tlspin_t *context, const struct meeting_plan *plan, struct meeting *meeting)
{
  g_autofree char *problem = NULL;
  struct tls tls;

  *meeting = (struct meeting){.is_private = (plan->level & TLSPIN_PRIVATE) != 0};
  if (!tls_open(&tls, plan->name, plan->ca_file, plan->raw_keys, &problem)) {
    fail(meeting, plan->ca_file != NULL ? STATUS_USAGE : STATUS_CONNECTION, problem);
  } else if (attach(context, plan, &tls, meeting)) {
    connect_and_greet(plan, &tls, meeting);
  }
  read_learning(context, plan, &tls, meeting);
  tls_close(&tls);
}

void meeting_clear(struct meeting *meeting)
{
  g_free(meeting->message);
  g_free(meeting->address);
  g_free(meeting->reason);
  g_free(meeting->layer);
  g_free(meeting->change);
  g_free(meeting->no_learning);
  g_free(meeting->excused);
  identity_clear(&meeting->certificate);
}
