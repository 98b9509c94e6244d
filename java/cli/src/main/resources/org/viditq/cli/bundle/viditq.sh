#!/bin/sh
# Starts viditq from this folder. Needs neither Java nor a network, and of the system only a C library and a shell.
case $0 in
  */*) here=${0%/*} ;;
  *) here=. ;;
esac
here=$(cd "$here" && pwd -P) || exit 1

# Native libraries are unpacked from the jars once, here or where this user keeps such things.
if [ -w "$here" ]; then
  cache=$here/cache
elif [ -n "${XDG_CACHE_HOME:-}${HOME:-}" ]; then
  cache=${XDG_CACHE_HOME:-$HOME/.cache}/viditq
else
  echo "viditq: $here cannot be written and HOME is not set; set XDG_CACHE_HOME to a folder for native libraries." >&2
  exit 1
fi

# Bytes are UTF-8 in every locale, as in the launcher of a checkout.
case ${LC_ALL:-${LC_CTYPE:-${LANG:-}}} in
  *.UTF-8 | *.utf8) ;;
  *) export LC_ALL=C.UTF-8 ;;
esac

terminal=false
[ -t 2 ] && terminal=true

export DJL_CACHE_DIR="$cache/djl" ENGINE_CACHE_DIR="$cache/djl"
export LD_LIBRARY_PATH="$here/native:$here/system${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
export CLASSPATH="$here/lib/*"
for folder in "$here"/lib/*.classes; do
  [ -d "$folder" ] && CLASSPATH=$CLASSPATH:$folder
done

# VIDITQ_JAVA_OPTS is a list of words.
# shellcheck disable=SC2086
exec "$here/runtime/bin/java" -XX:+UseSerialGC -Xms16m -Dviditq.home="$here" -Dviditq.terminal=$terminal \
  -Dorg.bytedeco.javacpp.cachedir="$cache/javacpp" ${VIDITQ_JAVA_OPTS:-} org.viditq.cli.Main "$@"
