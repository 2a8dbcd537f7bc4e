/* What was found in policy text: see finding.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/finding.h"

#include "common/text.h"

#include <string.h>

static const struct {
  const char *token;
  enum severity severity;
} kinds[FINDING_KINDS] = {
    [FINDING_FILE] = {"file", SEVERITY_ERROR},
    [FINDING_SYNTAX] = {"syntax", SEVERITY_ERROR},
    [FINDING_PLACE] = {"place", SEVERITY_ERROR},
    [FINDING_DUPLICATE_GROUP] = {"duplicate-group", SEVERITY_ERROR},
    [FINDING_DUPLICATE_KEY] = {"duplicate-key", SEVERITY_ERROR},
    [FINDING_UNKNOWN_KEY] = {"unknown-key", SEVERITY_ERROR},
    [FINDING_VALUE] = {"value", SEVERITY_ERROR},
    [FINDING_DATE] = {"date", SEVERITY_ERROR},
    [FINDING_PIN] = {"pin", SEVERITY_ERROR},
    [FINDING_PEM] = {"pem", SEVERITY_ERROR},
    [FINDING_CONTRADICTION] = {"contradiction", SEVERITY_ERROR},
    [FINDING_OWNER] = {"owner", SEVERITY_WARNING},
    [FINDING_EMPTY] = {"empty", SEVERITY_WARNING},
    [FINDING_SINGLE_PIN] = {"single-pin", SEVERITY_WARNING},
    [FINDING_EXPIRED] = {"expired", SEVERITY_WARNING},
    [FINDING_EXPIRING] = {"expiring", SEVERITY_WARNING},
    [FINDING_PUBLIC_SUFFIX] = {"public-suffix", SEVERITY_WARNING},
    [FINDING_EVERY_HOST] = {"every-host", SEVERITY_WARNING},
    [FINDING_SAME_KEY] = {"same-key", SEVERITY_WARNING},
    [FINDING_UNREACHABLE] = {"unreachable", SEVERITY_WARNING},
    [FINDING_HOLE] = {"hole", SEVERITY_WARNING},
    [FINDING_BLOCKED_PIN] = {"blocked-pin", SEVERITY_WARNING},
    [FINDING_IDLE_EXCEPTION] = {"idle-exception", SEVERITY_WARNING},
    [FINDING_TLSA_LEVEL] = {"tlsa-level", SEVERITY_WARNING},
    [FINDING_SECONDS] = {"seconds", SEVERITY_WARNING},
    [FINDING_LAYER] = {"layer", SEVERITY_WARNING},
    [FINDING_OVERRIDDEN] = {"overridden", SEVERITY_NOTE},
    [FINDING_HIDDEN] = {"hidden", SEVERITY_NOTE},
};

static const struct {
  const char *token;
  const char *text;
} severities[SEVERITIES] = {
    [SEVERITY_NOTE] = {"note", N_("note")},
    [SEVERITY_WARNING] = {"warning", N_("warning")},
    [SEVERITY_ERROR] = {"error", N_("error")},
};

const char *severity_token(enum severity severity)
{
  return severities[severity].token;
}

const char *severity_text(enum severity severity)
{
  return _(severities[severity].text);
}

const char *finding_kind_token(enum finding_kind kind)
{
  return kinds[kind].token;
}

enum severity finding_kind_severity(enum finding_kind kind)
{
  return kinds[kind].severity;
}

void findings_init(struct findings *findings, enum severity least)
{
  *findings = (struct findings){.list = g_array_new(FALSE, FALSE, sizeof(struct finding)),
                                .texts = g_string_chunk_new(4096),
                                .least = least};
}

void findings_clear(struct findings *findings)
{
  g_array_unref(findings->list);
  g_string_chunk_free(findings->texts);
  *findings = (struct findings){.list = NULL};
}

/* A finding quotes what stands in a file, which may hold any octets. */
static const char *keep(struct findings *findings, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid(text, -1);

  return g_string_chunk_insert_const(findings->texts, valid);
}

/* False: it is not to be kept. */
static bool count(struct findings *findings, enum finding_kind kind)
{
  findings->counts[finding_kind_severity(kind)]++;
  return finding_kind_severity(kind) >= findings->least;
}

static void add(struct findings *findings, enum finding_kind kind, struct spot spot,
                const char *key, const char *text)
{
  struct finding finding = {.kind = kind, .line = spot.line};
  g_autofree char *file = g_filename_display_name(spot.file);

  finding.file = keep(findings, file);
  finding.key = key != NULL ? keep(findings, key) : NULL;
  finding.text = keep(findings, text);
  g_array_append_val(findings->list, finding);
}

void findings_add(struct findings *findings, enum finding_kind kind, struct spot spot,
                  const char *key, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  if (!count(findings, kind))
    return;
  va_start(arguments, format);
  text = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  add(findings, kind, spot, key, text);
}

void findings_add_named(struct findings *findings, enum finding_kind kind, struct spot spot,
                        const char *key, const char *format, ...)
{
  g_autofree char *text = NULL, *named = NULL;
  va_list arguments;

  if (!count(findings, kind))
    return;
  va_start(arguments, format);
  text = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  named = key != NULL ? g_strdup_printf(_("In '%s': %s"), key, text) : NULL;
  add(findings, kind, spot, key, named != NULL ? named : text);
}

static const char *name_of(const char *path)
{
  const char *slash = strrchr(path, '/');

  return slash != NULL ? slash + 1 : path;
}

static int compare(gconstpointer a, gconstpointer b)
{
  const struct finding *one = a, *other = b;
  int order = strcmp(name_of(one->file), name_of(other->file));

  if (order == 0)
    order = strcmp(one->file, other->file);
  return order != 0 ? order : one->line < other->line ? -1 : one->line > other->line;
}

void findings_sort(struct findings *findings)
{
  g_array_sort(findings->list, compare); /* which is stable */
}

char *finding_text(const struct finding *finding)
{
  const char *severity = severity_text(finding_kind_severity(finding->kind));

  if (finding->line == 0)
    return g_strdup_printf("%s: %s: %s", finding->file, severity, finding->text);
  return g_strdup_printf("%s:%u: %s: %s", finding->file, finding->line, severity, finding->text);
}
