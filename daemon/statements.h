/* The statements that belong to no single table of table.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef STATEMENTS_H
#define STATEMENTS_H

enum statement {
  STATEMENT_BEGIN,
  STATEMENT_BEGIN_WRITE,
  STATEMENT_COMMIT,
  STATEMENT_ROLLBACK,
  STATEMENT_META_GET,     /* name: value */
  STATEMENT_META_PUT,     /* name, value */
  STATEMENT_LIST,         /* see list.c: tickets */
  STATEMENT_COUNT,        /* tickets */
  STATEMENT_NEWEST,       /* the newest clear or edit that stands: an operation */
  STATEMENT_LATER,        /* id: the first operation after it */
  STATEMENT_EARLIER,      /* id: the last operation before it */
  STATEMENT_APPLYING,     /* the first operation that is being applied */
  STATEMENT_IMAGES,       /* operation, peer: the first of its rows of `before` after the peer */
  STATEMENT_COUNT_IMAGES, /* operation, limit: how many of them there are */
  /* of the tables of version 2 */
  STATEMENT_PINS,               /* host, protocol, port, exact too: the records that may apply */
  STATEMENT_LIST_PINS,          /* see records.c */
  STATEMENT_COUNT_AT,           /* see store_count_at: the records that are there */
  STATEMENT_COUNT_STAGED_AT,    /* those of the draft */
  STATEMENT_COUNT_REPLACED_AT,  /* those that are there and will be replaced by the draft's */
  STATEMENT_LEARNED_AT,         /* host, protocol, port: the learned pins of just this place */
  STATEMENT_PIN_IMAGES,         /* operation, key: the first of its rows of `image` after the key */
  STATEMENT_COUNT_PIN_IMAGES,   /* operation, limit: how many of them there are */
  STATEMENT_TOLD_STANDS,        /* host, protocol, port, origin: see store_told_stands */
  STATEMENT_LATER_PIN_IMAGE,    /* see journal_put_later */
  STATEMENT_EARLIER_PIN_IMAGES, /* operation: the rows of `image` of those before it that count */
  STATEMENT_OLDEST,             /* limit: the inactive records that were seen longest ago */
  STATEMENT_OLDEST_AT,          /* limit, place: of those at a place */
  STATEMENT_EVENTS,             /* id, host or '', limit: the events after the id */
  STATEMENT_EVENT_LIKE,         /* kind, peer, reason, key, program: the newest such event */
  STATEMENT_EVENT_TOTALS,       /* how many events there are, their octets, the first and last id */
  STATEMENT_SETTINGS,           /* all */
  STATEMENT_COUNT_OPERATIONS,   /* how many there are */
  STATEMENT_HOST_STANDS,        /* host: whether a ticket, a record or an image is about it */
  STATEMENT_WIDE_AT,            /* host: whether a pin or exception of it has a wider scope */
  STATEMENT_LATER_IMAGES,       /* operation: the next that has images; 0: none */
  STATEMENT_BESIDE,             /* place: see beside.c */
  STATEMENT_ABOVE,              /* host, '', protocol, port: see beside.c */
  STATEMENT_BELOW,              /* place: see beside.c */
  STATEMENT_LATEST,             /* see store_latest */
  STATEMENT_TOUCHED,            /* operation: whether it has an image of what it touched */
  STATEMENTS
};

struct statement_text {
  int version; /* the first form of the file that has it: see schema.h */
  const char *text;
};

extern const struct statement_text statement_texts[STATEMENTS];

#endif
