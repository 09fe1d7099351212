# Starts one of crisp's programs. Read by bin/crispd and bin/crisp, which name it:
#
#   launch PROGRAM SOURCE [ARGUMENT...]
#
# The bundle dist/PROGRAM.js runs when it is not older than the sources; else SOURCE runs as it is. Sources outside of
# src/ are scripts, which use what the tests do.

launch() {
  program=$1
  source=$2
  shift 2
  project=$(dirname "$(dirname "$(readlink -f "$0")")")
  node=$(find_node "$project" "$program") || exit 1
  entry=$project/dist/$program.js
  sources="src package.json"
  case $source in scripts/*) sources="$sources scripts test/support" ;; esac
  if ! is_fresh "$project" "$entry" "$sources"; then
    entry=$project/$source
    if [ ! -f "$entry" ]; then
      echo "crisp: neither dist/$program.js nor $source is installed here: run 'npm run build' in crisp's sources" >&2
      exit 1
    fi
    # Type stripping costs 25 MB and 70 ms at each start until its result is cached.
    export NODE_COMPILE_CACHE="$project/node_modules/.cache/crisp"
  fi
  # glibc keeps what it was given, in an arena for each thread, unless told to give it back: a pull would stay resident.
  # The threshold is above what a socket is read in: a mapping of its own for each read costs a third of a stream's time.
  export MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=131072 MALLOC_TRIM_THRESHOLD_=131072
  # A small young generation: crisp's garbage is short-lived, and a large one is resident for ever.
  exec "$node" --disable-warning=ExperimentalWarning --max-semi-space-size=2 "$entry" "$@"
}

# Prints the Node to run: the one that npm installed with the project, else the machine's when it is new enough.
find_node() {
  if [ -x "$1/node_modules/.bin/node" ]; then
    echo "$1/node_modules/.bin/node"
    return
  fi
  if ! found=$(command -v node); then
    echo "$2: no Node.js found: run 'npm install' in $1" >&2
    return 1
  fi
  major=$("$found" -p 'process.versions.node.split(".")[0]')
  if [ "$major" -lt 24 ]; then
    echo "$2: needs Node.js 24 and $found is $major: run 'npm install' in $1" >&2
    return 1
  fi
  echo "$found"
}

is_fresh() {
  [ -f "$2" ] || return 1
  [ -d "$1/src" ] || return 0
  # Words without spaces, so that they may be split.
  [ -z "$(cd "$1" && find $3 -newer "$2" -type f | head -n 1)" ]
}
