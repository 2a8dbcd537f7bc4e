/* What the libraries say in the language of the environment.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   texts DIRECTORY    with the catalogues that are there
 *
 * Prints a text without and one with a number, a line each. */
#include "config.h"

#include "common/text.h"
#include "common/tlspin-error.h"

#include <libintl.h>
#include <locale.h>
#include <stdio.h>

int main(int count, char *arguments[])
{
  if (count != 2 || setlocale(LC_ALL, "") == NULL)
    return 1;
  tlspin_code_text(TLSPIN_OK); /* binds the domain to its usual place, once */
  bindtextdomain("tlspin", arguments[1]);
  printf("%s\n", tlspin_code_text(TLSPIN_NO_PIN));
  for (unsigned long n = 1; n <= 2; n++) {
    printf(text_translate_count("%lu minute", "%lu minutes", n), n);
    printf("\n");
  }
  return 0;
}
