/* Memory that isn't needed any more.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SLACK_H
#define SLACK_H

/* All threads are to share one heap: each of its own would keep pages that the next thread but in
 * part uses again, for as long as the daemon runs. To be called before there are threads. */
void slack_share(void);

/* Gives it back to the system: what a long list or an import took the daemon would else hold for as
 * long as it runs. Takes about a tenth of a millisecond, so now and then. Any thread. */
void slack_return(void);

#endif
