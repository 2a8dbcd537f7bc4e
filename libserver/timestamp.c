/* A moment as text: see timestamp.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libserver/timestamp.h"

#include <string.h>
#include <time.h>

static const char pattern[] = "dddd-dd-ddTdd:dd:ddZ";

static bool fits_pattern(struct span text)
{
  if (text.size != sizeof pattern - 1)
    return false;
  for (size_t i = 0; i < text.size; i++) {
    bool digit = text.data[i] >= '0' && text.data[i] <= '9';

    if (pattern[i] == 'd' ? !digit : text.data[i] != (uint8_t)pattern[i])
      return false;
  }
  return true;
}

static int number_at(struct span text, size_t start, size_t digits)
{
  int value = 0;

  for (size_t i = start; i < start + digits; i++)
    value = 10 * value + (text.data[i] - '0');
  return value;
}

/* timegm mends what is out of range (30 February); a moment that doesn't come back as it went in
 * was none. */
bool timestamp_parse(struct span text, int64_t *seconds)
{
  char again[TIMESTAMP_SIZE];
  struct tm moment = {0};

  if (!fits_pattern(text))
    return false;
  moment.tm_year = number_at(text, 0, 4) - 1900;
  moment.tm_mon = number_at(text, 5, 2) - 1;
  moment.tm_mday = number_at(text, 8, 2);
  moment.tm_hour = number_at(text, 11, 2);
  moment.tm_min = number_at(text, 14, 2);
  moment.tm_sec = number_at(text, 17, 2);
  *seconds = timegm(&moment);
  return timestamp_format(*seconds, again) && memcmp(again, text.data, text.size) == 0;
}

bool timestamp_format(int64_t seconds, char text[TIMESTAMP_SIZE])
{
  time_t time = (time_t)seconds;
  struct tm moment;

  return seconds >= 0 && time == seconds && gmtime_r(&time, &moment) != NULL &&
         strftime(text, TIMESTAMP_SIZE, "%Y-%m-%dT%H:%M:%SZ", &moment) == TIMESTAMP_SIZE - 1;
}
