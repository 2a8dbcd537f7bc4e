# The server operator's command.
bin_PROGRAMS += tools/tlspin-server
tools_tlspin_server_SOURCES = \
	tools/tlspin-server.c tools/tlspin-server.h \
	tools/tlspin-server-connection.c tools/tlspin-server-connection.h \
	tools/tlspin-server-crew.c tools/tlspin-server-crew.h \
	tools/tlspin-server-edit.c tools/tlspin-server-edit.h \
	tools/tlspin-server-keylist.c tools/tlspin-server-keylist.h \
	tools/tlspin-server-keys.c \
	tools/tlspin-server-listener.c tools/tlspin-server-listener.h \
	tools/tlspin-server-serve.c
tools_tlspin_server_CPPFLAGS = $(SERVER_CPPFLAGS)
tools_tlspin_server_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS) $(JSON_CFLAGS) $(GNUTLS_CFLAGS) -pthread
tools_tlspin_server_LDADD = libtools.la libserver.la $(JSON_LIBS) $(GLIB_LIBS) $(GNUTLS_LIBS)

# What commands share, and the user's command.
noinst_LTLIBRARIES += libtools.la
libtools_la_SOURCES = \
	tools/cells.c tools/cells.h \
	tools/identity.c tools/identity.h \
	tools/clock.c tools/clock.h \
	tools/columns.c tools/columns.h \
	tools/command.c tools/command.h \
	tools/dial.c tools/dial.h \
	tools/hosts.c tools/hosts.h \
	tools/input.c tools/input.h \
	tools/json.c tools/json.h \
	tools/numbered.c tools/numbered.h \
	tools/output.c tools/output.h \
	tools/progress.c tools/progress.h \
	tools/sheet.c tools/sheet.h \
	tools/tls.c tools/tls.h \
	tools/when.c tools/when.h
libtools_la_CFLAGS = $(AM_CFLAGS) $(JSON_CFLAGS) $(GNUTLS_CFLAGS)
libtools_la_LIBADD = libpinning.la libcommon.la $(JSON_LIBS) $(GNUTLS_LIBS)

# What the commands of tlspin share; a library for the sake of its tests.
noinst_LTLIBRARIES += libuser.la
libuser_la_SOURCES = \
	tools/advice.c tools/advice.h \
	tools/chainfile.c tools/chainfile.h \
	tools/choice.c tools/choice.h \
	tools/cleared.c tools/cleared.h \
	tools/edit.c tools/edit.h \
	tools/edit-keys.c tools/edit-keys.h \
	tools/entry.c tools/entry.h \
	tools/event.c tools/event.h \
	tools/explanation.c tools/explanation.h \
	tools/explanation-json.c \
	tools/meeting.c tools/meeting.h \
	tools/record.c tools/record.h \
	tools/shown.c tools/shown.h \
	tools/storing.c tools/storing.h \
	tools/thing.c tools/thing.h \
	tools/tlspin-shared.c
libuser_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/common
libuser_la_CFLAGS = $(AM_CFLAGS) $(JSON_CFLAGS) $(GNUTLS_CFLAGS)
libuser_la_LIBADD = libtools.la libpinning.la $(JSON_LIBS) $(GNUTLS_LIBS)

bin_PROGRAMS += tools/tlspin
tools_tlspin_SOURCES = \
	tools/backups.c tools/backups.h \
	tools/exchange.c tools/exchange.h \
	tools/intake.c tools/intake.h \
	tools/pages.c tools/pages.h \
	tools/tlspin.c tools/tlspin.h \
	tools/tlspin-block.c \
	tools/tlspin-check.c \
	tools/tlspin-clear.c tools/consent.c tools/consent.h tools/forever.c tools/forever.h \
	tools/tlspin-connect.c \
	tools/tlspin-except.c \
	tools/tlspin-export.c \
	tools/tlspin-import.c \
	tools/tlspin-list.c \
	tools/tlspin-log.c \
	tools/tlspin-monitor.c \
	tools/tlspin-pin.c \
	tools/tlspin-policy.c tools/tlspin-policy.h \
	tools/tlspin-policy-compile.c \
	tools/tlspin-policy-lint.c \
	tools/tlspin-policy-show.c \
	tools/tlspin-show.c \
	tools/tlspin-status.c \
	tools/copies.c tools/copies.h tools/remains.c tools/remains.h tools/tlspin-backup.c tools/tlspin-doctor.c tools/tlspin-restore.c \
	tools/tlspin-switch.c \
	tools/tlspin-undo.c \
	tools/tlspin-why.c
tools_tlspin_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/common
tools_tlspin_CFLAGS = $(AM_CFLAGS) $(JSON_CFLAGS) $(GNUTLS_CFLAGS)
tools_tlspin_LDADD = libuser.la libtools.la libpolicy.la libformats.la libpinning.la libtlspin.la $(JSON_LIBS) $(GNUTLS_LIBS)

bashcompletion_DATA = tools/completion/tlspin.bash tools/completion/tlspin-server.bash
zshcompletion_DATA = tools/completion/_tlspin tools/completion/_tlspin-server
fishcompletion_DATA = tools/completion/tlspin.fish tools/completion/tlspin-server.fish
EXTRA_DIST += $(bashcompletion_DATA) $(zshcompletion_DATA) $(fishcompletion_DATA)
