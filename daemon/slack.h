/* Memory that isn't needed any more.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SLACK_H
#define SLACK_H

/* Gives it back to the system: what a long list or an import took the daemon would else hold for as
 * long as it runs. Takes about a tenth of a millisecond, so now and then. Any thread. */
void slack_return(void);

#endif
