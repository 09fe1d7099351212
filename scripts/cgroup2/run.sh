#!/usr/bin/env bash
# Runs tests of containers on a kernel with cgroup v2 alone: Debian's own kernel in a virtual machine under software
# emulation, whose disk is made of this machine's packages and of this directory. Nothing of it stays but a cache.
#
#   scripts/cgroup2/run.sh                    the tests that are about cgroups and AppArmor
#   scripts/cgroup2/run.sh test/…/x.test.ts   others
#   CRISP_VM_INIT=systemd scripts/cgroup2/run.sh …   with systemd as the first process, and its cgroup driver
#
# CRISP_TEST_HANDLER chooses the OCI runtime, as for all tests; CRISP_VM_COMMAND runs something else than tests.
set -euo pipefail
cd "$(dirname "$0")/../.."

readonly cache=$PWD/.cache/cgroup2
readonly here=scripts/cgroup2
readonly kernel_package=linux-image-cloud-amd64
# Of these, with all that they depend on, the machine's disk is made.
readonly packages="apparmor bash busybox-static ca-certificates conmon conntrack containerd containernetworking-plugins
  coreutils criu crun dbus docker-registry findutils grep hostname iproute2 iptables kmod libstdc++6 mount nftables openssl procps
  runc sed systemd tar util-linux"
readonly boot_modules="virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk"
# How much slower than the machine itself: deadlines of tests are that much later.
readonly slowness=${CRISP_TEST_SLOWNESS:-5}
readonly init=${CRISP_VM_INIT:-none}

main() {
  work=$(mktemp -d "${TMPDIR:-/tmp}/crisp-cgroup2.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  mkdir -p "$cache"
  case $init in
    none) init_program=/usr/sbin/init-tests ;;
    systemd) init_program=/usr/lib/systemd/systemd ;;
    *) echo "cgroup2: CRISP_VM_INIT=$init: known are none and systemd" >&2; exit 2 ;;
  esac
  fetch_kernel
  make_initramfs
  make_disk "$@"
  run_machine
}

# The kernel is unpacked, not installed: this machine boots as before.
fetch_kernel() {
  local package
  package=$(apt-cache depends "$kernel_package" | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)$/\1/p' | head -n 1)
  [ -n "$package" ] || { echo "cgroup2: no kernel package behind $kernel_package" >&2; exit 1; }
  kernel=$cache/$package
  [ -d "$kernel/lib" ] && return
  echo "cgroup2: downloading $package"
  (cd "$work" && apt-get -q download "$package" >/dev/null 2>&1)
  dpkg-deb -x "$work/$package"_*.deb "$work/kernel"
  # Links of merged directories stay those of the disk.
  mv "$work/kernel" "$kernel"
}

make_initramfs() {
  local root=$work/initramfs module
  mkdir -p "$root/bin"
  cp /bin/busybox "$root/bin/"
  install -m 755 $here/boot.sh "$root/init"
  for module in $boot_modules; do
    find "$kernel/lib/modules" -name "$module.ko" -exec cp {} "$root/" \;
    [ ! -f "$root/$module.ko" ] || echo "$module.ko" >>"$root/modules.order"
  done
  (cd "$root" && find . | busybox cpio -o -H newc 2>/dev/null | gzip -1) >"$work/initrd.gz"
}

make_disk() {
  local root=$work/root
  mkdir -p "$root"/{proc,sys,dev,run,tmp,root,crisp,etc,var,opt}
  chmod 1777 "$root/tmp"
  copy_packages "$root"
  cp -a "$kernel/lib/modules" "$root/usr/lib/"
  depmod -b "$root" "$(basename "$kernel"/lib/modules/*)"
  git ls-files -z | tar -c --null -T - | tar -x -C "$root/crisp"
  # Reading the sources takes an emulated processor half a minute at each start.
  node_modules/.bin/node scripts/build.ts
  cp -a dist "$root/crisp/"
  # Without what only checks or builds, and without what was computed for this machine's paths.
  mkdir "$root/crisp/node_modules"
  tar -C "$(readlink -f node_modules)" -c --exclude='./.*cache' --exclude='./@biomejs' --exclude='./*oxlint*' \
    --exclude='./*typescript' --exclude='./@bufbuild/buf*' . | tar -x -C "$root/crisp/node_modules"
  cp -a /etc/passwd /etc/group "$root/etc/"
  printf '127.0.0.1 localhost\n::1 localhost\n' >"$root/etc/hosts"
  : >"$root/etc/resolv.conf"
  ln -sfn /run "$root/var/run"
  install -m 755 $here/init-tests.sh "$root/usr/sbin/init-tests"
  install -m 755 $here/run-tests.sh "$root/usr/sbin/run-tests"
  install_units "$root"
  test_command "$@" >"$root/etc/test-command"
  # Room to write: layers, logs, caches.
  local size_mib=$(($(du -sm "$root" | cut -f 1) + 2048))
  mke2fs -q -t ext4 -d "$root" "$work/disk" "${size_mib}M"
  rm -rf "$root"
}

# What systemd starts in place of all that a machine usually does. With an id the machine is no new one, which would
# begin with questions.
install_units() {
  mkdir -p "$1/etc/systemd/system"
  install -m 644 $here/crisp-tests.service "$1/etc/systemd/system/"
  ln -s /crisp "$1/opt/crisp"
  echo 0123456789abcdef0123456789abcdef >"$1/etc/machine-id"
}

# The files of the packages, as this machine has them.
copy_packages() {
  local root=$1 names
  # What every package may take for granted is nobody's dependency.
  # shellcheck disable=SC2046,SC2086 # one word for each package
  names=$(closure $packages $(dpkg-query -W -f '${Essential} ${Package}\n' | sed -n 's/^yes //p'))
  # shellcheck disable=SC2086
  dpkg-query -L $names | sort -u | while read -r file; do
    case $file in /usr/share/doc/* | /usr/share/man/* | /usr/share/locale/*) continue ;; esac
    if [ -L "$file" ] || [ ! -d "$file" ]; then [ ! -e "$file" ] && [ ! -L "$file" ] || echo "${file#/}"; fi
  done >"$work/files"
  for link in bin sbin lib lib64; do ln -s "usr/$link" "$root/$link"; done
  mkdir -p "$root"/usr/{bin,sbin,lib,lib64}
  # What alternatives and merged directories hide behind links is taken by its name, with the links that lead there.
  { cat "$work/files"; list_alternatives; } | sort -u |
    tar -C / -c --no-recursion -T - 2>/dev/null | tar -x -C "$root" --keep-directory-symlink
}

list_alternatives() {
  find /usr/bin /usr/sbin -lname '/etc/alternatives/*' -printf '%P\n' | while read -r name; do
    for directory in usr/bin usr/sbin; do [ ! -L "/$directory/$name" ] || echo "$directory/$name"; done
    echo "etc/alternatives/$name"
  done
}

# Packages and what they depend on, as far as it is installed.
closure() {
  apt-cache depends --recurse --installed --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces \
    --no-enhances "$@" | grep -E '^[a-z0-9]' | sort -u | while read -r name; do
    ! dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null | grep -q '^installed$' || echo "$name"
  done
}

test_command() {
  local files=("$@")
  if [ $# -eq 0 ]; then
    case $init in
      none) files=(
        test/integration/host/linux-host.test.ts test/integration/runtime
        test/integration/daemon/{cgroup2,apparmor,checkpoint,checkpoint-refused,metrics,metrics-truth,huge-pages}.test.ts
      ) ;;
      systemd) files=(test/integration/daemon/{systemd,systemd-unit}.test.ts) ;;
    esac
    files+=(test/integration/daemon/{lifecycle,exits,stats,update-resources}.test.ts)
  fi
  echo "export CRISP_TEST_SLOWNESS=$slowness CRISP_TEST_HANDLER=${CRISP_TEST_HANDLER:-runc}"
  echo "${CRISP_VM_COMMAND:-vitest run --project integration ${files[*]}}"
}

run_machine() {
  local status
  qemu-system-x86_64 -machine q35 -accel tcg,thread=multi -cpu max -smp 2 -m 4096 \
    -nodefaults -no-user-config -nographic -no-reboot -serial stdio \
    -kernel "$kernel"/boot/vmlinuz-* -initrd "$work/initrd.gz" -append "console=ttyS0 panic=-1 quiet crisp_init=$init_program systemd.unit=crisp-tests.service" \
    -drive "file=$work/disk,if=virtio,format=raw,cache=unsafe" </dev/null | tee "$work/console"
  status=$(sed -n 's/^crisp-tests-ended-with \([0-9]*\).*$/\1/p' "$work/console" | tail -n 1)
  [ -n "$status" ] || { echo "cgroup2: the virtual machine ended before its tests did" >&2; exit 1; }
  exit "$status"
}

main "$@"
