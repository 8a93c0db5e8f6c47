#!/usr/bin/env bash
# Two daemons that share one token space on this machine: Redis, and the nodes `north` and `south`.
#
#   docs/two-nodes.sh DIR        runs until Ctrl-C; everything is kept in DIR
#
# Ports: REDIS_PORT (6390), then HTTP/RTMP/WebRTC of north at NORTH (5081/1941/50001) and of south at SOUTH (5082/1942/50002).
set -euo pipefail
cd "$(dirname "$0")/.."
directory=${1:?usage: docs/two-nodes.sh DIR}
redis_port=${REDIS_PORT:-6390}
umask 077
mkdir -p "$directory"/{redis,north,south}
directory=$(cd "$directory" && pwd)

# The password is made once, and is in files for their owner only.
password=$directory/store.password
[[ -s $password ]] || od -An -N24 -tx1 /dev/urandom | tr -d ' \n' > "$password"
printf '%s\n' "bind 127.0.0.1" "port $redis_port" "dir $directory/redis" "requirepass $(< "$password")" \
  "appendonly yes" "appendfsync always" "maxmemory-policy noeviction" > "$directory/redis/redis.conf"

export AMSCTL_STORE=redis://127.0.0.1:$redis_port/0 AMSCTL_STORE_PASSWORD_FILE=$password
trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT
trap 'exit 0' INT TERM

redis-server "$directory/redis/redis.conf" > "$directory/redis/log" &
until (: < "/dev/tcp/127.0.0.1/$redis_port") 2>/dev/null; do sleep 0.1; done

node_of() {
  local name=$1 http=$2 rtmp=$3 webrtc=$4
  node bin/run.js serve --node "$name" --data-dir "$directory/$name" --host 127.0.0.1 \
    --http-port "$http" --rtmp-port "$rtmp" --webrtc-port "$webrtc" 2> "$directory/$name/log" &
}
IFS=/ read -r http rtmp webrtc <<< "${NORTH:-5081/1941/50001}"
node_of north "$http" "$rtmp" "$webrtc"
IFS=/ read -r http rtmp webrtc <<< "${SOUTH:-5082/1942/50002}"
node_of south "$http" "$rtmp" "$webrtc"

for name in north south; do
  until node bin/run.js status --data-dir "$directory/$name" > /dev/null 2>&1; do sleep 0.2; done
done
echo "north and south are up; commands:"
echo "  AMSCTL_STORE=$AMSCTL_STORE AMSCTL_STORE_PASSWORD_FILE=$password bin/run.js session list --data-dir $directory/north"
wait
