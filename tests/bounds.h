/* The bounds on the arguments of every method, for tests/unit-bounds.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Words are as in call.c, what is long in them as in spellout.h.
 */
#ifndef BOUNDS_H
#define BOUNDS_H

#include <stddef.h>

/* Calls that are taken, but for what they find. */
static const struct sample {
  const char *method, *words;
} samples[] = {
    {"Lookup", "a.example|tls|443"},
    {"StoreTicket", "a.example|tls|443|00|32*11|sha256|60|0|"},
    {"ReportFailure", "a.example|tls|443|proof-wrong"},
    {"CheckChain", "a.example|tls|443|<1>|"},
    {"NoteHpkp", "a.example|tls|443|00|0|<1>"},
    {"List", "||10"},
    {"Get", "a.example|tls|443"},
    {"Clear", "host=s:b.example"},
    {"Undo", "0"},
    {"Status", ""},
    {"Doctor", "0"},
    {"Acknowledge", "0"},
    {"Backup", ""},
    {"Restore", "a"},
    {"Put", "host=s:a.example;scope=s:exact;kind=s:pin;status=s:active;digest=ay:32*a5|"},
    {"Explain", "a.example|tls|443||"},
    {"Events", "0||10"},
};

#define PEER     "Lookup StoreTicket ReportFailure CheckChain NoteHpkp Get Explain"
#define SHOWN    "CheckChain Explain"
#define FILTER   "List Clear"
#define HOST_253 "{63*a}.{63*a}.{63*a}.{61*a}"
#define HOST_254 "{63*a}.{63*a}.{63*a}.{62*a}"
#define ENTRY    "host=s:a.example;scope=s:exact;kind=s:mode;status=s:off"
#define KEY      "key=s:sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define SEEN(subject, before, after, certificate)                                                  \
  KEY ",subject=s:" subject ",not-before=t:" before ",not-after=t:" after                          \
      ",certificate=ay:" certificate "*00"
#define EXCEPTION "kind=s:exception;status=s:excepted;expires=t:1800000000"
#define LATEST    "253402300799"
#define TOO_LATE  "253402300800"
#define MOST      "18446744073709551615"
#define LENGTH    "longer than 64 octets"
#define YEAR      "before the year 10000"

static const struct bound {
  const char *methods;
  const char *argument; /* or ARGUMENT.KEY, and then the pairs of the dictionary that matter */
  const char *most;     /* is taken; NULL: said elsewhere in the table */
  const char *more;     /* is refused; NULL: whatever has the type is taken */
  const char *says;     /* in what is said then */
} bounds[] = {
    {PEER, "host", HOST_253, HOST_254, "longer than 253 octets"},
    {PEER, "host", "{510*\u00ad}a.bc", "{510*\u00ad}a.bcd", "longer than 253 octets"},
    {PEER, "host", "{63*a}.example", "{64*a}.example", "longer than 63 octets"},
    {PEER, "host", NULL, "", "it is empty"},
    {PEER, "protocol", "dtls", "{64*t}", "'tls' or 'dtls'"},
    {PEER, "protocol", "tls", "{65*t}", LENGTH},
    {PEER, "port", "65535", "0", "1 to 65535"},
    {"StoreTicket", "ticket", "65535*00", "65536*00", "longer than 65535 octets"},
    {"StoreTicket", "secret", "32*11", "33*11", "must have 32"},
    {"StoreTicket", "secret", NULL, "31*11", "must have 32"},
    {"StoreTicket", "hash", "sha256", "{64*a}", "'sha256' or 'sha384'"},
    {"StoreTicket", "hash", NULL, "{65*a}", LENGTH},
    {"StoreTicket", "lifetime", "4294967295", NULL, NULL},
    {"StoreTicket", "series", MOST, NULL, NULL},
    {"StoreTicket", "anchor", "32*00", "33*00", "none or 32"},
    {"StoreTicket", "anchor", "", "1*00", "none or 32"},
    {"ReportFailure", "reason", "name-differs", "{64*a}", "no such reason"},
    {"ReportFailure", "reason", "proof-wrong", "{65*a}", LENGTH},
    {SHOWN " NoteHpkp", "chain", "<16>", "<17>", "more than 16"},
    {SHOWN " NoteHpkp", "chain", "<=65535>", "<=65536>", "longer than 65535 octets"},
    {"CheckChain NoteHpkp", "chain", NULL, "", "no certificate"},
    {SHOWN, "options.pki", "pki=s:unchecked", "pki=s:{65*a}", "'ok', 'failed' or 'unchecked'"},
    {SHOWN, "options.errors", "pki=s:failed;errors=u:255", "pki=s:failed;errors=u:256", "0 to 255"},
    {SHOWN, "options.ticket", "ticket=s:proved", "ticket=s:{65*a}", "'proved' or a reason"},
    {SHOWN, "options.expires", "learn=b:1;accepted=b:1;expires=t:" LATEST,
     "learn=b:1;accepted=b:1;expires=t:" TOO_LATE, YEAR},
    {"CheckChain", "options.expires", "learn=b:1;accepted=b:1;expires=t:1700000001",
     "learn=b:1;accepted=b:1;expires=t:1700000000", "past"},
    {SHOWN, "options.program", "program=s:{64*a}", "program=s:{65*a}", LENGTH},
    {SHOWN, "options.served", "served=aay:1*00{15*,1*00}", "served=aay:1*00{16*,1*00}",
     "more than 16"},
    {SHOWN, "options.served", "served=aay:65535*00", "served=aay:65536*00",
     "longer than 65535 octets"},
    {"NoteHpkp", "header", "16385*20", NULL, NULL}, /* test_header */
    {FILTER, "filter.host", "host=s:" HOST_253, "host=s:" HOST_254, "longer than 253 octets"},
    {FILTER, "filter.pattern", "pattern=s:{253*?}", "pattern=s:{254*?}", "1 to 253 octets"},
    {FILTER, "filter.pattern", NULL, "pattern=s:", "1 to 253 octets"},
    {FILTER, "filter.protocol", "protocol=s:dtls", "protocol=s:{65*a}", LENGTH},
    {FILTER, "filter.port", "port=q:65535", "port=q:0", "1 to 65535"},
    {FILTER, "filter.since", "since=t:" LATEST, "since=t:" TOO_LATE, "from 1970 to 9999"},
    {FILTER, "filter.since", "since=t:1", "since=t:0", "from 1970 to 9999"},
    {FILTER, "filter.since", NULL, "since=t:" MOST, "from 1970 to 9999"},
    {FILTER, "filter.kind", "kind=s:ticket", "kind=s:{65*a}", "there is no"},
    {FILTER, "filter.status", "status=s:excepted", "status=s:{65*a}", "there is no"},
    {FILTER, "filter.origin", "origin=s:policy", "origin=s:{65*a}", "there is no"},
    {FILTER, "filter.scope", "scope=s:one-label", "scope=s:{65*a}", "there is no"},
    {FILTER, "filter.digest", "digest=ay:64*00", "digest=ay:65*00", "32 or 64 octets"},
    {FILTER, "filter.digest", "digest=ay:32*00", "digest=ay:0*00", "32 or 64 octets"},
    {"List", "cursor", "", "{1024*a}", "not one that List returned"},
    {"List", "cursor", NULL, "{1025*a}", "longer than 1024 octets"},
    {"List Events", "limit", "1000", "1001", "1 to 1000"},
    {"List Events", "limit", "1", "0", "1 to 1000"},
    {"List Events", "limit", NULL, "4294967295", "1 to 1000"},
    {"Undo", "operation", MOST, NULL, NULL},
    {"Acknowledge", "found", MOST, NULL, NULL},
    {"Events", "after", MOST, NULL, NULL},
    {"Events", "host", HOST_253, HOST_254, "longer than 253 octets"},
    {"Restore", "name", "{255*a}", "{256*a}", "longer than 255 octets"},
    {"Put", "entries", ENTRY "{999*&" ENTRY "}", ENTRY "{1000*&" ENTRY "}", "1 to 1000"},
    {"Put", "entries", NULL, "", "1 to 1000"},
    {"Put", "entries.host", "host=s:" HOST_253, "host=s:" HOST_254, "longer than 253 octets"},
    {"Put", "entries.scope", "scope=s:subtree", "scope=s:{65*a}", "'one-label' or 'subtree'"},
    {"Put", "entries.protocol", "protocol=s:dtls", "protocol=s:{65*a}", "'tls', 'dtls' or empty"},
    {"Put", "entries.port", "port=q:65535", NULL, NULL},
    {"Put", "entries.kind", "kind=s:pin", "kind=s:{65*a}", "'pin', 'exception' or 'mode'"},
    {"Put", "entries.status", "status=s:critical", "status=s:{65*a}", "no such status"},
    {"Put", "entries.origin", "origin=s:hpkp", "origin=s:policy", "'tofu' or 'hpkp'"},
    {"Put", "entries.level", "level=s:anchor", "level=s:{65*a}", "no such level"},
    {"Put", "entries.selector", "selector=y:0", "selector=y:2", "0 or 1"},
    {"Put", "entries.matching", "matching=y:2;digest=ay:64*00", "matching=y:3", "1 or 2"},
    {"Put", "entries.matching", NULL, "matching=y:0", "1 or 2"},
    {"Put", "entries.digest", "digest=ay:32*00", "digest=ay:33*00", "32 octets for SHA-256"},
    {"Put", "entries.digest", NULL, "matching=y:2;digest=ay:65*00", "64 for SHA-512"},
    {"Put", "entries.expires", "expires=t:" LATEST, "expires=t:" TOO_LATE, YEAR},
    {"Put", "entries.enforced-until", "enforced-until=t:" LATEST, "enforced-until=t:" TOO_LATE,
     YEAR},
    {"Put", "entries.errors", EXCEPTION ";errors=u:63", EXCEPTION ";errors=u:64", "can be excused"},
    {"Put", "entries.errors", NULL, EXCEPTION ";errors=u:0", "needs some"},
    {"Put", "entries.note", "note=s:{1024*a}", "note=s:{1025*a}", "longer than 1024 octets"},
    {"Put", "entries.first-seen", "first-seen=t:" LATEST, "first-seen=t:" TOO_LATE, YEAR},
    {"Put", "entries.last-seen", "last-seen=t:" LATEST, "last-seen=t:" TOO_LATE, YEAR},
    {"Put", "entries.count-seen", "count-seen=t:9223372036854775807",
     "count-seen=t:9223372036854775808", "above 9223372036854775807"},
    {"Put", "entries.chain",
     "chain=aa{sv}:" SEEN("a", "0", "0", "32") "{15*~" SEEN("a", "0", "0", "32") "}",
     "chain=aa{sv}:" SEEN("a", "0", "0", "32") "{16*~" SEEN("a", "0", "0", "32") "}",
     "more than 16"},
    {"Put", "entries.chain", "chain=aa{sv}:" KEY, "chain=aa{sv}:", "it is empty"},
    {"Put", "entries.chain.subject", "chain=aa{sv}:" SEEN("{127*a}", "0", "0", "32"),
     "chain=aa{sv}:" SEEN("{128*a}", "0", "0", "32"), "longer than 127 octets"},
    {"Put", "entries.chain.not-before", "chain=aa{sv}:" SEEN("a", LATEST, "0", "32"),
     "chain=aa{sv}:" SEEN("a", TOO_LATE, "0", "32"), YEAR},
    {"Put", "entries.chain.not-after", "chain=aa{sv}:" SEEN("a", "0", LATEST, "32"),
     "chain=aa{sv}:" SEEN("a", "0", TOO_LATE, "32"), YEAR},
    {"Put", "entries.chain.certificate", "chain=aa{sv}:" SEEN("a", "0", "0", "32"),
     "chain=aa{sv}:" SEEN("a", "0", "0", "33"), "32 octets"},
    {"Put", "entries.chain.key", "chain=aa{sv}:" KEY, "chain=aa{sv}:key=s:{4000*a}",
     "sha256//BASE64"},
    {"Put", "options.operation", "operation=t:0", "operation=t:" MOST, "no such operation"},
};

#endif
