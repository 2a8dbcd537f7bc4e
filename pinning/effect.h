/* What a command would do about an answer: the words of Explain of org.tlspin.Admin1.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef EFFECT_H
#define EFFECT_H

#include <stdbool.h>

enum effect {
  EFFECT_UNBLOCK,      /* "unblock" */
  EFFECT_EXCEPT,       /* "except" */
  EFFECT_EXCEPT_PIN,   /* "except-pin": and the pins that differ give way to the key */
  EFFECT_EXCEPT_CLEAR, /* "except-clear": and they are forgotten */
  EFFECT_CLEAR,        /* "clear" */
  EFFECT_CLEAR_NEXT,   /* "clear-next": and something else decides then */
  EFFECT_ACCEPT,       /* "accept": the key is shown in place of a pinned one */
  EFFECT_PIN,          /* "pin" */
  EFFECT_PIN_ALWAYS,   /* "pin-always": in spite of the added anchor */
  EFFECT_OFF,          /* "off" */
  EFFECT_ON,           /* "on" */
  EFFECT_UNEXCEPT,     /* "unexcept": an exception is taken back */
  EFFECT_STATUS,       /* "status": nothing is changed; it says what is wrong */
  EFFECTS
};

/* Static. */
const char *effect_token(enum effect effect);
bool effect_from_token(const char *token, enum effect *effect);

/* A part of a sentence for gettext; static. */
const char *effect_text(enum effect effect);

#endif
