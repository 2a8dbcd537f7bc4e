noinst_LTLIBRARIES += libbus.la
libbus_la_SOURCES = \
	dbus/check.c dbus/check.h \
	dbus/dict.c dbus/dict.h \
	dbus/fields.c dbus/fields.h \
	dbus/keys.c dbus/keys-pin.c dbus/keys.h \
	dbus/messages.c dbus/messages.h \
	dbus/record.c dbus/record.h \
	dbus/weight.c dbus/weight.h \
	dbus/wipe.c dbus/wipe.h \
	dbus/names.h
libbus_la_CFLAGS = $(AM_CFLAGS) $(DBUS_CFLAGS)
libbus_la_LIBADD = $(DBUS_LIBS)

dist_dbusinterface_DATA = dbus/org.tlspin.Pins1.xml dbus/org.tlspin.Admin1.xml
dbusservice_DATA = dbus/org.tlspin.Pins1.service dbus/org.tlspin.Admin1.service
systemduserunit_DATA = dbus/tlspind.service
dist_systemduserunit_DATA = dbus/tlspind-folder.service
dist_doc_DATA = dbus/flatpak.conf
EXTRA_DIST += dbus/org.tlspin.Pins1.service.in dbus/org.tlspin.Admin1.service.in dbus/tlspind.service.in
CLEANFILES += $(dbusservice_DATA) $(systemduserunit_DATA)

# Paths that depend on the prefix are known only to make.
dbus/%.service: $(srcdir)/dbus/%.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) dbus && $(SED) -e 's|@libexecdir[@]|$(libexecdir)|g' $< > $@.tmp && mv $@.tmp $@
