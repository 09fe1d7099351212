#!/bin/busybox sh
# First process of the virtual machine, from the initramfs: finds the disk and goes there.
/bin/busybox mkdir -p /proc /sys /dev /root
/bin/busybox mount -t devtmpfs dev /dev
for module in $(/bin/busybox cat /modules.order); do /bin/busybox insmod "/$module"; done
tries=0
until [ -b /dev/vda ]; do
  tries=$((tries + 1))
  [ "$tries" -lt 100 ] || { echo "no disk"; /bin/busybox poweroff -f; }
  /bin/busybox usleep 100000
done
/bin/busybox mount -t ext4 /dev/vda /root
# The kernel hands words of its command line that it does not know to this process as environment.
# shellcheck disable=SC2154
exec /bin/busybox switch_root /root "$crisp_init"
