# The daemon is a library and a small main, so that every test links it.
noinst_LTLIBRARIES += libdaemon.la
libdaemon_la_SOURCES = \
	daemon/cell.c daemon/cell.h \
	daemon/clear.c \
	daemon/contents.c daemon/contents.h \
	daemon/database.c daemon/database.h \
	daemon/file.c daemon/file.h \
	daemon/journal.c daemon/journal.h \
	daemon/layerfile.c \
	daemon/list.c \
	daemon/lockfile.c daemon/lockfile.h \
	daemon/open.c \
	daemon/problem.c daemon/problem.h \
	daemon/row.c daemon/row.h \
	daemon/schema.c daemon/schema.h \
	daemon/store.c daemon/store.h daemon/store-private.h \
	daemon/table.c daemon/table.h \
	daemon/undo.c \
	daemon/verify.c
# GLib's structured log, which goes to the journal where there is one.
DAEMON_CPPFLAGS = $(AM_CPPFLAGS) -DG_LOG_USE_STRUCTURED -DG_LOG_DOMAIN='"tlspind"'
libdaemon_la_CPPFLAGS = $(DAEMON_CPPFLAGS)
libdaemon_la_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS) $(SQLITE_CFLAGS)
libdaemon_la_LIBADD = libpinning.la $(GLIB_LIBS) $(SQLITE_LIBS)

libdaemon_la_SOURCES += \
	daemon/admin.c \
	daemon/announce.c daemon/announce.h \
	daemon/config-file.c daemon/config-file.h \
	daemon/dispatch.c daemon/dispatch.h daemon/introspect.c \
	daemon/filter.c daemon/filter.h \
	daemon/handlers.c daemon/handlers.h \
	daemon/layers.c daemon/layers.h \
	daemon/loop.c daemon/loop.h \
	daemon/pins.c \
	daemon/policy.c daemon/policy.h \
	daemon/presence.c daemon/presence.h \
	daemon/status.c \
	daemon/watch.c daemon/watch.h
libdaemon_la_CFLAGS += $(DBUS_CFLAGS)
libdaemon_la_LIBADD += libbus.la $(DBUS_LIBS)

libexec_PROGRAMS += tlspind
tlspind_SOURCES = daemon/main.c
tlspind_CPPFLAGS = $(DAEMON_CPPFLAGS)
tlspind_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS) $(DBUS_CFLAGS)
tlspind_LDADD = libdaemon.la
