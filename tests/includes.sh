# Holds the code to its layers: includes point downwards only (HACKING.md).
# SPDX-License-Identifier: LGPL-2.1-or-later
#
#   includes.sh FOLDER: checks the sources below it, prints what is wrong, and fails then.
#
# The table has a row for each group of files, and every source file must be in one:
#   files : folders and headers that they may include : libraries that they may reach
# A library is reached by an include, one's own or that of an included header; "clock" also by a
# call that asks for the time. Headers of the standard library are free.

table='
common/*                                : common                                  : gnutls idn2
pinning/*                               : common pinning                          : gnutls
handshake/*                             : common pinning handshake                : gnutls
dbus/*                                  : common pinning dbus                     : dbus
libclient/*                             : common pinning handshake dbus libclient : dbus gnutls clock
libserver/*                             : common pinning handshake libserver      : gnutls clock
formats/*                               : common pinning formats                  : glib json gnutls
tools/*                                 : common pinning formats libclient libserver tools : glib json gnutls clock
policy/*                                : common pinning policy daemon/{store,settings} : glib gnutls psl
tools/tlspin-policy*                    : common policy tools                     : glib json gnutls clock
examples/*                              :                                         : public gnutls
daemon/{apply,cell,clear,contents,database,draft,edit,events,file,forget,hardening,history,images,journal,layerfile,list,lockfile,open,pinrow,problem,records,restore,row,schema,setting,statements,store,store-private,table,torn,trail,undo,verify} : common pinning daemon/{bygone,cell,contents,database,events,file,hardening,journal,lockfile,names,owed,pinrow,problem,restore,row,row-sound,schema,setting,state,statements,store,store-private,table,torn,trail} : glib sqlite
daemon/row-sound                        : common pinning daemon/{cell,events,pinrow,row,row-sound,setting,state,store} : glib sqlite
daemon/{btree,layout,mend}              : common daemon/{btree,layout,mend}       : none
daemon/missing                          : daemon/{cell,missing}                   : glib sqlite
daemon/{columns,finder,pagefile,salvage} : common daemon/{btree,columns,contents,finder,layout,mend,pagefile,row-sound,salvage} : glib sqlite
daemon/{doomed,bygone,owed,erase,erasure,erasure-private} : common pinning daemon/{bygone,contents,doomed,erasure,erasure-private,events,journal,owed,pinrow,row,state,store,store-private} : glib sqlite
daemon/traces                           : common daemon/{aside,backup-folder,backups,erasure,file,lockfile,names,problem,traces} : glib sqlite
daemon/changes-erase                    : common daemon/{changes,damage,owed,policy-private,traces} : glib
daemon/admin-erase                      : common daemon/{changes,handlers,keeper} : glib dbus
daemon/rotation                         : daemon/rotation                         : none
daemon/{backup,backup-copy,backup-folder,backups,backups-each} : common daemon/{backup,backup-copy,backup-folder,backups,rotation,clock,damage,file,journal,lockfile,names,owed,problem,schema,store,store-private,torn} : glib sqlite
daemon/{state,damage}                   : common daemon/{cell,damage,state,store,store-private} : glib sqlite
daemon/names                            : common daemon/{names,problem}           : glib
daemon/aside                            : common daemon/{aside,file,names,problem} : glib
daemon/{beside,lenient,rebuild,restored,sift,stale,successor,touched} : common daemon/{aside,beside,contents,database,file,lenient,missing,pinrow,problem,rebuild,restored,row,schema,setting,sift,stale,store-private,successor,touched} : glib sqlite
daemon/{recovery,recovery-merge,recovery-private,recovery-restore}: common daemon/{aside,backup,backups,beside,damage,lenient,owed,pinrow,problem,recovery,recovery-private,restored,salvage,stale,state,successor,torn,touched} : glib sqlite
daemon/doctor                           : common daemon/{aside,backups,damage,doctor,policy,policy-private,problem,recovery} : glib
daemon/{caller,quota,turns}             : common daemon/{caller,quota,turns}      : glib
daemon/{authority,callers,connection,reception} : common dbus daemon/{authority,caller,callers,connection,dispatch,loop,quota,reception,spent,turns} : glib dbus
daemon/{job,keeper}                     : common daemon/{backups,job,keeper,traces} : glib
daemon/{layer,layers,renewal,answer}    : common daemon/{layer,layers,renewal,survey,store,file,damage,recovery} : glib
daemon/folder                           : daemon/folder                             : glib clock
daemon/survey                           : common daemon/{folder,layer,survey}     : glib
daemon/clock                            : common pinning daemon/{clock,row,state,store} : glib sqlite
daemon/timekeeper                       : common daemon/{clock,layers,timekeeper} : glib
daemon/{config-file,settings,settings-private,settings-resolve,recall} : common pinning daemon/{config-file,settings,settings-private,recall,layers} : glib
daemon/{anchors,digest,report}          : common pinning daemon/{anchors,digest,folder,report} : glib
daemon/{gathering,tally}                : common pinning daemon/{gathering,tally,layers,store} : glib
daemon/suffixes                          : daemon/suffixes : psl
daemon/{policy,policy-private,judge,learn,accept,lesson,note} : common pinning daemon/{policy,policy-private,learn,lesson,layers,gathering,settings,recall,config-file,anchors,slack,suffixes,report,tally} : glib
daemon/{dispatch,introspect}            : common daemon/{dispatch,spent}                : glib dbus
daemon/{catalogue,changes,changes-put,standing} : common pinning daemon/{catalogue,changes,erasure,standing,suffixes,learn,policy,policy-private} : glib
daemon/{advice,clearing,meant,remedy}   : common pinning daemon/{advice,clearing,meant,remedy,standing,policy} : glib
daemon/{announce,drafts}                : common dbus daemon/{announce,drafts,store} : glib dbus
daemon/waiting                          : common dbus daemon/{waiting,changes,dispatch,store} : glib dbus
daemon/{handlers,pins,check,admin,admin-doctor,status,filter,cursor,entries,explain,log,put,record-read,seen,shown} : common pinning dbus daemon/{handlers,doctor,keeper,advice,clock,filter,cursor,entries,record-read,seen,shown,digest,catalogue,changes,policy,store,announce,drafts,torn,waiting,dispatch} : glib dbus
daemon/watch                            : common daemon/watch                     : glib
daemon/heap                             : daemon/heap                             : none
daemon/sqlite-memory                    : common daemon/sqlite-memory             : sqlite
daemon/slack                            : daemon/slack                            : none
daemon/spent                            : dbus daemon/spent                       : glib dbus
daemon/{loop,presence}                  : common dbus daemon/{loop,presence}      : glib dbus
daemon/options                          : common daemon/{config-file,options} : glib
daemon/main                             : common daemon/{connection,handlers,keeper,loop,options,presence,reception,slack,sqlite-memory,timekeeper,watch} : glib dbus clock
'

cd "$1" || exit 2
set -- common/*.[ch] pinning/*.[ch] handshake/*.[ch] dbus/*.[ch] libclient/*.[ch] libserver/*.[ch] \
  daemon/*.[ch]
for folder in formats policy tools examples; do
  for file in "$folder"/*.[ch]; do
    [ ! -f "$file" ] || set -- "$@" "$file"
  done
done

TABLE=$table awk '
# The regular expression of a word of the table: {a,b} are alternatives, * is any name.
function pattern(word) {
  gsub(/[{]/, "(", word)
  gsub(/[}]/, ")", word)
  gsub(/,/, "|", word)
  gsub(/[*]/, "[^/]*", word)
  return word
}

function read_table(lines, parts, words, i, j, n, m, allowed) {
  n = split(ENVIRON["TABLE"], lines, "\n")
  for (i = 1; i <= n; i++) {
    if (split(lines[i], parts, ":") != 3)
      continue
    gsub(/ /, "", parts[1])
    rows++
    files[rows] = "^" pattern(parts[1]) "[.][ch]$"
    m = split(parts[2], words, " ")
    allowed = "^("
    for (j = 1; j <= m; j++)
      allowed = allowed (j > 1 ? "|" : "") \
        (words[j] ~ /[/]/ ? pattern(words[j]) : pattern(words[j]) "/[^/]*") "[.]h"
    headers[rows] = allowed ")$"
    libraries[rows] = " " parts[3] " "
  }
}

function library_of(header) {
  if (header ~ /^dbus[/]/) return "dbus"
  if (header ~ /^(glib|gio|gobject)/) return "glib"
  if (header ~ /^json-glib[/]/) return "json"
  if (header ~ /^gnutls[/]/) return "gnutls"
  if (header ~ /^sqlite3/) return "sqlite"
  if (header ~ /^idn2/) return "idn2"
  if (header ~ /^libpsl/) return "psl"
  if (header ~ /^tlspin/) return "public"
  if (header ~ /^(sys[/])?time[.]h$/) return "clock"
  return ""
}

# A public header names its neighbours as they are named where they are installed.
function find(header, folder) {
  if (header in known) return header
  if ((folder "/" header) in known) return folder "/" header
  if (("common/" header) in known) return "common/" header
  return ""
}

function reach(file, library, by) {
  if (library != "" && !((file, library) in reached)) {
    reached[file, library] = by
    changed = 1
  }
}

function wrong(text) {
  print text
  failed = 1
}

BEGIN {
  read_table()
  for (i = 1; i < ARGC; i++)
    known[ARGV[i]] = 1
}

/^[ \t]*#[ \t]*include[ \t]*</ {
  header = $0
  sub(/^[^<]*</, "", header)
  sub(/>.*/, "", header)
  reach(FILENAME, library_of(header), "<" header ">")
  next
}

/^[ \t]*#[ \t]*include[ \t]*"/ {
  header = $0
  sub(/^[^"]*"/, "", header)
  sub(/".*/, "", header)
  if (header == "config.h")
    next
  folder = FILENAME
  sub(/[/][^/]*$/, "", folder)
  found = find(header, folder)
  if (found == "")
    wrong(FILENAME ": \"" header "\" is not there")
  else
    include[FILENAME, ++count[FILENAME]] = found
  next
}

/(^|[^A-Za-z0-9_.>])(time|clock_gettime|gettimeofday|g_get_real_time|g_get_monotonic_time)\(/ {
  reach(FILENAME, "clock", "a call")
}

END {
  do {
    changed = 0
    for (file in known)
      for (i = 1; i <= count[file]; i++)
        for (l = split("dbus glib json gnutls sqlite idn2 psl public clock", names, " "); l > 0; l--)
          if ((include[file, i], names[l]) in reached)
            reach(file, names[l], include[file, i])
  } while (changed)
  for (file in known) {
    row = 0
    for (i = 1; i <= rows; i++)
      if (file ~ files[i])
        row = i
    if (row == 0) {
      wrong(file ": no row of the table says what it may include")
      continue
    }
    for (i = 1; i <= count[file]; i++)
      if (include[file, i] !~ headers[row])
        wrong(file ": includes " include[file, i])
    for (l = split("dbus glib json gnutls sqlite idn2 psl public clock", names, " "); l > 0; l--)
      if ((file, names[l]) in reached && index(libraries[row], " " names[l] " ") == 0)
        wrong(file ": reaches " names[l] " by " reached[file, names[l]])
  }
  exit failed
}
' "$@"
