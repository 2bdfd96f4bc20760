#!/bin/sh
# The first process of a test host: makes host keys, lets DSYNC_TEST_KEY in, and goes on as DSYNC_TEST_INIT says: as
# systemd, which starts sshd, or as one that starts sshd by itself and collects what is orphaned.
set -eu
trap 'exit 0' TERM INT

mkdir -p /run/sshd
[ -e /etc/ssh/ssh_host_ed25519_key ] || ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
if [ -n "${DSYNC_TEST_KEY:-}" ]; then
  install -d -m 700 -o dev -g dev /home/dev/.ssh
  printf '%s\n' "$DSYNC_TEST_KEY" > /home/dev/.ssh/authorized_keys
  chown dev:dev /home/dev/.ssh/authorized_keys
  chmod 600 /home/dev/.ssh/authorized_keys
fi
# The checkout's own Node, unless a test chooses otherwise.
for node in /opt/dsync/node_modules/node-linux-*/bin/node; do
  if [ -x "$node" ]; then ln -sf "$node" /usr/local/bin/node; fi
done
if [ "${DSYNC_TEST_INIT:-}" = systemd ]; then
  # logind hears of logins through PAM.
  echo 'UsePAM yes' > /etc/ssh/sshd_config.d/init.conf
  # systemd gets a hierarchy of cgroups that begins with this host, whichever kind the engine uses.
  exec unshare --cgroup sh -c \
    'umount --recursive /sys/fs/cgroup; mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec /lib/systemd/systemd'
fi
/usr/sbin/sshd -E /var/log/sshd.log
# What a test has this host start when it boots.
if [ -x /etc/dsync-test-boot ]; then /etc/dsync-test-boot & fi
while :; do
  sleep 3600 &
  wait $! || :
done
