#!/usr/bin/env bash
# Installs what is missing on a Debian machine: the programs that crisp drives and that its tests
# and its demo use, and the npm packages, which bring Node 24. What is there is left as it is.
#
#   scripts/setup.sh           for the demo, the tests and the benchmark
#   scripts/setup.sh cgroup2   for the emulated machine with cgroup v2 too
set -euo pipefail
cd "$(dirname "$0")/.."

readonly log=.cache/setup.log
readonly policy=/usr/sbin/policy-rc.d

main() {
  [ "$(id -u)" -eq 0 ] || fail "root is needed, because pods are made of namespaces, mounts and cgroups (try: sudo make …)"
  command -v npm >/dev/null || fail "npm is needed and not there: install Node.js 20 or later with npm"
  mkdir -p .cache
  : >"$log"
  install_packages "${1:-}"
  install_npm_packages
}

# One clear line, and the end.
fail() {
  echo "setup: $1" >&2
  exit 1
}

install_packages() {
  local missing
  missing=$(list_missing "$1")
  [ -n "$missing" ] || return 0
  command -v apt-get >/dev/null || fail "these Debian packages are needed and there is no apt-get to install them: $missing"
  echo "setup: installing from Debian: $missing"
  hold_services
  # shellcheck disable=SC2086 # one word for each package
  if ! apt_get update || ! apt_get install $missing; then
    fail "cannot install $missing: $(grep -m 1 '^E:' "$log" || tail -n 1 "$log") (all of it is in $log)"
  fi
  disable_services "$missing"
  missing=$(list_missing "$1")
  [ -z "$missing" ] || fail "installed, and yet not found: $missing"
}

# Debian's names of the packages whose programs are not there.
list_missing() {
  local wanted="" sbin_path="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
  has() { PATH=$sbin_path command -v "$1" >/dev/null; }
  has runc || wanted+=" runc"
  has crun || wanted+=" crun"
  has runsc || wanted+=" runsc"
  has conmon || wanted+=" conmon"
  has iptables-save || wanted+=" iptables"
  has ip || wanted+=" iproute2"
  has nft || wanted+=" nftables"
  has conntrack || wanted+=" conntrack"
  has openssl || wanted+=" openssl"
  has gpgv || wanted+=" gpgv"
  has gpg || wanted+=" gpg"
  has gpg-agent || wanted+=" gpg-agent"
  has systemd-analyze || wanted+=" systemd"
  has docker-registry || wanted+=" docker-registry"
  [ -x /usr/lib/cni/bridge ] || wanted+=" containernetworking-plugins"
  is_static /bin/busybox || wanted+=" busybox-static"
  # Its shim runs containers in the tests; the benchmark compares with the whole.
  has containerd-shim-runc-v2 || wanted+=" containerd"
  [ "$1" != cgroup2 ] || has qemu-system-x86_64 || wanted+=" qemu-system-x86"
  [ "$1" != cgroup2 ] || has depmod || wanted+=" kmod"
  [ "$1" != cgroup2 ] || has mke2fs || wanted+=" e2fsprogs"
  # For the machine's disk, which is made of this machine's packages.
  [ "$1" != cgroup2 ] || has dbus-daemon || wanted+=" dbus"
  [ "$1" != cgroup2 ] || has apparmor_parser || wanted+=" apparmor"
  [ "$1" != cgroup2 ] || has criu || wanted+=" criu"
  echo "${wanted# }"
}

is_static() {
  [ -x "$1" ] && ! ldd "$1" >/dev/null 2>&1
}

apt_get() {
  DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends -o DPkg::Lock::Timeout=120 "$@" >>"$log" 2>&1 </dev/null
}

# Some of these packages bring a service. None of them is to start: while packages are installed,
# the machine's policy says no, and afterwards it is again what it was.
hold_services() {
  if [ -e "$policy" ]; then mv "$policy" "$policy.before-crisp"; fi
  trap release_services EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
}

release_services() {
  rm -f "$policy"
  if [ -e "$policy.before-crisp" ]; then mv "$policy.before-crisp" "$policy"; fi
}

# A service that came with a package just now shall not start with the machine either.
disable_services() {
  command -v systemctl >/dev/null || return 0
  for package in $1; do
    case $package in
      docker-registry | containerd) systemctl disable "$package.service" >>"$log" 2>&1 || true ;;
    esac
  done
}

install_npm_packages() {
  local stamp=.cache/npm-installed
  if [ -x node_modules/.bin/node ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(lock_digest)" ]; then return 0; fi
  echo "setup: installing from npm: the packages of package-lock.json, Node 24 among them"
  npm install --no-audit --no-fund >>"$log" 2>&1 </dev/null || fail "npm install failed: $(grep -m 1 'npm error' "$log" || tail -n 1 "$log") (all of it is in $log)"
  [ -x node_modules/.bin/node ] || fail "npm brought no Node 24 for $(uname -m): only x86_64 and aarch64 are supported"
  lock_digest >"$stamp"
}

lock_digest() {
  sha256sum <package-lock.json
}

main "$@"
