/* The texts that people see, in their language.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Libraries must not change the program's text domain, so everything looks into tlspin's own.
 */
#ifndef TEXT_H
#define TEXT_H

/* Marks a string for the catalogue where it can't be translated yet (tables). */
#define N_(text) text

/* The text in the user's language, or as it is. Static; any thread. */
const char *text_translate(const char *text) __attribute__((format_arg(1)));
#define _(text) text_translate(text)

/* The same for a text that depends on a number. */
const char *text_translate_count(const char *one, const char *many, unsigned long count)
    __attribute__((format_arg(1), format_arg(2)));

#endif
