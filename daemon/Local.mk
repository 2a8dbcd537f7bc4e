# The daemon is a library and a small main, so that every test links it.
noinst_LTLIBRARIES += libdaemon.la
libdaemon_la_SOURCES = \
	daemon/backup.c daemon/backup.h \
	daemon/backup-copy.c daemon/backup-copy.h \
	daemon/backup-folder.c daemon/backup-folder.h \
	daemon/backups.c daemon/backups.h daemon/backups-each.c \
	daemon/bygone.c daemon/bygone.h \
	daemon/btree.c daemon/btree.h \
	daemon/cell.c daemon/cell.h \
	daemon/clear.c \
	daemon/clock.c daemon/clock.h \
	daemon/columns.c daemon/columns.h \
	daemon/contents.c daemon/contents.h \
	daemon/database.c daemon/database.h \
	daemon/apply.c \
	daemon/doomed.c daemon/doomed.h \
	daemon/draft.c \
	daemon/edit.c \
	daemon/erase.c \
	daemon/erasure.c daemon/erasure.h daemon/erasure-private.h \
	daemon/events.c daemon/events.h \
	daemon/file.c daemon/file.h \
	daemon/finder.c daemon/finder.h \
	daemon/forget.c \
	daemon/hardening.c daemon/hardening.h \
	daemon/history.c \
	daemon/images.c \
	daemon/journal.c daemon/journal.h \
	daemon/layerfile.c \
	daemon/list.c \
	daemon/lockfile.c daemon/lockfile.h \
	daemon/open.c \
	daemon/owed.c daemon/owed.h \
	daemon/mend.c daemon/mend.h \
	daemon/missing.c daemon/missing.h \
	daemon/names.c daemon/names.h \
	daemon/pagefile.c daemon/pagefile.h \
	daemon/pinrow.c daemon/pinrow.h \
	daemon/problem.c daemon/problem.h \
	daemon/records.c \
	daemon/restore.c daemon/restore.h \
	daemon/rotation.c daemon/rotation.h \
	daemon/row.c daemon/row.h \
	daemon/row-sound.c daemon/row-sound.h \
	daemon/salvage.c daemon/salvage.h \
	daemon/schema.c daemon/schema.h \
	daemon/setting.c daemon/setting.h \
	daemon/state.c daemon/state.h \
	daemon/damage.c daemon/damage.h \
	daemon/aside.c daemon/aside.h \
	daemon/layout.c daemon/layout.h \
	daemon/lenient.c daemon/lenient.h \
	daemon/sift.c daemon/sift.h daemon/stale.c daemon/stale.h daemon/beside.c daemon/beside.h \
	daemon/rebuild.c daemon/rebuild.h \
	daemon/recovery.c daemon/recovery.h daemon/recovery-private.h daemon/recovery-merge.c \
	daemon/recovery-restore.c daemon/restored.c daemon/restored.h \
	daemon/torn.c daemon/torn.h \
	daemon/touched.c daemon/touched.h \
	daemon/traces.c daemon/traces.h \
	daemon/successor.c daemon/successor.h \
	daemon/sqlite-memory.c daemon/sqlite-memory.h \
	daemon/statements.c daemon/statements.h \
	daemon/store.c daemon/store.h daemon/store-private.h \
	daemon/table.c daemon/table.h \
	daemon/trail.c daemon/trail.h \
	daemon/undo.c \
	daemon/verify.c
# GLib's structured log, which goes to the journal where there is one.
DAEMON_CPPFLAGS = $(AM_CPPFLAGS) -DG_LOG_USE_STRUCTURED -DG_LOG_DOMAIN='"tlspind"'
libdaemon_la_CPPFLAGS = $(DAEMON_CPPFLAGS)
libdaemon_la_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS) $(SQLITE_CFLAGS)
libdaemon_la_LIBADD = libpinning.la $(GLIB_LIBS) $(SQLITE_LIBS)

libdaemon_la_SOURCES += \
	daemon/admin.c \
	daemon/admin-erase.c \
	daemon/advice.c daemon/advice.h \
	daemon/anchors.c daemon/anchors.h \
	daemon/announce.c daemon/announce.h \
	daemon/answer.c \
	daemon/authority.c daemon/authority.h \
	daemon/caller.c daemon/caller.h \
	daemon/callers.c daemon/callers.h \
	daemon/catalogue.c daemon/catalogue.h \
	daemon/changes.c daemon/changes-erase.c daemon/changes-put.c daemon/changes.h \
	daemon/doctor.c daemon/doctor.h \
	daemon/check.c \
	daemon/clearing.c daemon/clearing.h \
	daemon/config-file.c daemon/config-file.h \
	daemon/connection.c daemon/connection.h \
	daemon/cursor.c daemon/cursor.h \
	daemon/digest.c daemon/digest.h \
	daemon/drafts.c daemon/drafts.h \
	daemon/waiting.c daemon/waiting.h \
	daemon/dispatch.c daemon/dispatch.h daemon/introspect.c \
	daemon/entries.c daemon/entries.h \
	daemon/explain.c \
	daemon/filter.c daemon/filter.h \
	daemon/gathering.c daemon/gathering.h \
	daemon/handlers.c daemon/handlers.h \
	daemon/judge.c \
	daemon/job.c daemon/job.h daemon/keeper.c daemon/keeper.h \
	daemon/layer.c daemon/layer.h \
	daemon/layers.c daemon/layers.h \
	daemon/learn.c daemon/learn.h daemon/accept.c \
	daemon/lesson.c daemon/lesson.h \
	daemon/log.c \
	daemon/loop.c daemon/loop.h \
	daemon/meant.c daemon/meant.h \
	daemon/note.c \
	daemon/pins.c \
	daemon/policy.c daemon/policy.h daemon/policy-private.h \
	daemon/presence.c daemon/presence.h \
	daemon/put.c \
	daemon/quota.c daemon/quota.h \
	daemon/recall.c daemon/recall.h \
	daemon/reception.c daemon/reception.h \
	daemon/record-read.c daemon/record-read.h \
	daemon/renewal.c daemon/renewal.h \
	daemon/remedy.c daemon/remedy.h \
	daemon/report.c daemon/report.h \
	daemon/seen.c daemon/seen.h \
	daemon/settings.c daemon/settings.h daemon/settings-private.h daemon/settings-resolve.c \
	daemon/shown.c daemon/shown.h \
	daemon/slack.c daemon/slack.h daemon/spent.c daemon/spent.h \
	daemon/standing.c daemon/standing.h \
	daemon/status.c daemon/admin-doctor.c \
	daemon/suffixes.c daemon/suffixes.h \
	daemon/folder.c daemon/folder.h daemon/survey.c daemon/survey.h \
	daemon/tally.c daemon/tally.h \
	daemon/timekeeper.c daemon/timekeeper.h \
	daemon/turns.c daemon/turns.h \
	daemon/watch.c daemon/watch.h
libdaemon_la_CFLAGS += $(DBUS_CFLAGS) $(PSL_CFLAGS)
libdaemon_la_LIBADD += libbus.la $(DBUS_LIBS) $(PSL_LIBS)

libexec_PROGRAMS += tlspind
tlspind_SOURCES = daemon/main.c daemon/heap.c daemon/heap.h daemon/options.c daemon/options.h
tlspind_CPPFLAGS = $(DAEMON_CPPFLAGS)
tlspind_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS) $(DBUS_CFLAGS)
tlspind_LDADD = libdaemon.la
