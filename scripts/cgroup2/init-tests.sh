#!/bin/sh
# First process on the disk: a machine with cgroup v2 alone and no init system, which runs the tests and powers off.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root NO_COLOR=1 CI=1
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
mkdir -p /dev/pts /dev/shm
mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
mount -t tmpfs -o mode=1777 shm /dev/shm
mount -t tmpfs -o mode=755 run /run
mount -t securityfs security /sys/kernel/security
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount --make-rshared /
# A process in the root has no limits of its own, and a container's cgroup needs its parent's controllers.
mkdir /sys/fs/cgroup/init && echo $$ >/sys/fs/cgroup/init/cgroup.procs
for controller in $(cat /sys/fs/cgroup/cgroup.controllers); do
  echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control
done
for module in overlay bridge veth; do modprobe "$module"; done
ip link set lo up
hostname cgroup2
cd /crisp || poweroff -f
PATH=/crisp/node_modules/.bin:$PATH
export PATH
sh /etc/test-command
echo "crisp-tests-ended-with $?"
sync
poweroff -f 2>/dev/null || busybox poweroff -f
