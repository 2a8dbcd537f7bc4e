/* A group of policy text: the records of a place, and what it says of them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FORMATS_POLICY_TEXT_GROUP_H
#define FORMATS_POLICY_TEXT_GROUP_H

#include "formats/reader.h"

#include <glib.h>

/* When and over what it holds. */
struct terms {
  int protocol;
  int64_t enforce_until, report_until;
};

struct terms terms_of(const struct keypin *pin);

/* Of what lets a server through: it has no time in which it is only reported. */
struct terms terms_of_leave(const struct keypin *pin);

bool terms_are_same(const struct terms *a, const struct terms *b);

/* A record, and where it came from. */
struct gathered_record {
  struct keypin pin; /* the note is its own, and nothing was seen with it */
  enum keypin_force force;
  size_t line;
};

struct text_group {
  char name[PLACE_TEXT_SIZE];
  struct place place; /* of any protocol */
  GArray *records;    /* struct gathered_record, in the order in which they came */
  bool reported;      /* its pins are: text_group_is_reported */
  bool standing;      /* it has pins or blocked keys, or keeps its mode: */
  struct terms terms;
  enum keypin_level level;
  bool critical;
  bool always;
  bool unsaid;                        /* it has pins that one group can't stand for: */
  size_t pins_line;                   /* of the first of its pins */
  const struct gathered_record *mode; /* NULL: not said */
  const char *comment;                /* of a record; NULL: none */
  GPtrArray *pins;                    /* texts */
  GPtrArray *blocked;                 /* the same */
  GHashTable *listed; /* the texts of all lists, each with the letter of its list before it */
  struct terms exception_terms;
  unsigned errors;
  GPtrArray *exceptions; /* texts */
};

/* Without records. */
struct text_group *text_group_new(const struct place *place);
void text_group_free(void *group);

/* The record is copied, but for what was seen with it. */
void text_group_add(struct text_group *group, const struct keypin *pin, enum keypin_force force,
                    size_t line);
const struct gathered_record *text_group_record(const struct text_group *group, guint index);

/* Whether it has pins, and nothing but exceptions is enforced. */
bool text_group_is_reported(const struct text_group *group);

/* Lists the key, once in each list. */
void text_group_pin(struct text_group *group, const struct keypin *pin);
void text_group_block(struct text_group *group, const struct keypin *pin);
void text_group_except(struct text_group *group, const struct keypin *pin);
bool text_group_blocks(const struct text_group *group, const struct keypin *pin);

/* Its comment is the first one of what it says. */
void text_group_comment(struct text_group *group, const struct gathered_record *record);

bool text_group_is_off(const struct text_group *group);

/* Who is told what a group can't say. */
struct remarks {
  reading_told told;
  void *data;
  bool learned; /* it was told that learned keys become critical */
};

void remarks_tell(const struct remarks *remarks, const struct text_group *group, size_t line,
                  enum remark remark, const char *sentence);
void remarks_tell_blocked(const struct remarks *remarks, const struct text_group *group,
                          size_t line);

/* Makes the terms of the group the widest and the longest of its own and these. */
void text_group_join(struct text_group *group, const struct remarks *remarks,
                     const struct terms *terms, size_t line);

#endif
