/* The texts that people see: see text.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/text.h"

#include <libintl.h>
#include <pthread.h>

#define DOMAIN "tlspin"

static void bind_domain(void)
{
  bindtextdomain(DOMAIN, LOCALEDIR);
  bind_textdomain_codeset(DOMAIN, "UTF-8");
}

static void bind_domain_once(void)
{
  static pthread_once_t once = PTHREAD_ONCE_INIT;

  pthread_once(&once, bind_domain);
}

const char *text_translate(const char *text)
{
  bind_domain_once();
  return dgettext(DOMAIN, text);
}

const char *text_translate_count(const char *one, const char *many, unsigned long count)
{
  bind_domain_once();
  return dngettext(DOMAIN, one, many, count);
}
