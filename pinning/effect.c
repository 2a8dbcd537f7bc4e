/* What a command would do: see effect.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/effect.h"

#include "common/text.h"

#include <string.h>

static const struct {
  const char *token;
  const char *text;
} effects[EFFECTS] = {
    [EFFECT_UNBLOCK] = {"unblock", N_("no longer block the key")},
    [EFFECT_EXCEPT] = {"except", N_("make an exception, once you know that the key is right")},
    [EFFECT_EXCEPT_PIN] = {"except-pin",
                           N_("make an exception, and accept the key in spite of the pins, once "
                              "you know that it is right")},
    [EFFECT_EXCEPT_CLEAR] = {"except-clear",
                             N_("make an exception, and forget the pins that are not met, once "
                                "you know that the key is right")},
    [EFFECT_CLEAR] = {"clear", N_("forget that, and learn the server anew when it is met again")},
    [EFFECT_CLEAR_NEXT] = {"clear-next", N_("forget that; another entry decides then")},
    [EFFECT_ACCEPT] = {"accept", N_("accept the key that it shows now")},
    [EFFECT_PIN] = {"pin", N_("pin the key that it shows now")},
    [EFFECT_PIN_ALWAYS] = {"pin-always", N_("pin the key that it shows now, there too")},
    [EFFECT_OFF] = {"off", N_("trust the PKI alone there")},
    [EFFECT_ON] = {"on", N_("pin there again")},
    [EFFECT_UNEXCEPT] = {"unexcept", N_("take the exception back")},
    [EFFECT_STATUS] = {"status", N_("see what is wrong with the store")},
};

const char *effect_token(enum effect effect)
{
  return effects[effect].token;
}

bool effect_from_token(const char *token, enum effect *effect)
{
  for (int i = 0; i < EFFECTS; i++)
    if (strcmp(effects[i].token, token) == 0) {
      *effect = (enum effect)i;
      return true;
    }
  return false;
}

const char *effect_text(enum effect effect)
{
  return effects[effect].text;
}
