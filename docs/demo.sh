#!/bin/sh
# Shows what lastcall is for: nginx under lastcall as PID 1 of a container, a download under way, a stop. Needs root (for the
# PID namespace), nginx and curl; on Debian and Ubuntu it installs what is missing.
set -eu
cd "$(dirname "$0")/.."

swift build -c release --product lastcall
lastcall=$PWD/.build/release/lastcall

for program in nginx curl unshare; do
  command -v "$program" >/dev/null && continue
  echo "demo: installing $program"
  case $program in nginx) package=nginx-light ;; unshare) package=util-linux ;; *) package=$program ;; esac
  apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends "$package" >/dev/null
done

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
head -c 600000 /dev/zero > "$folder/slow"
cat > "$folder/nginx.conf" <<END
daemon off; pid $folder/pid; error_log stderr warn;
events {}
http {
  access_log off;
  server { listen 127.0.0.1:18080; location / { root $folder; limit_rate 100k; } }
}
END

mkfifo "$folder/log" "$folder/header"
unshare --pid --fork --mount-proc --kill-child \
  "$lastcall" --verbose --map TERM=QUIT --grace-period 30s -- nginx -c "$folder/nginx.conf" 2> "$folder/log" &
container=$!
# The container's log, up to the line that says that nginx runs.
exec 3< "$folder/log"
read -r line <&3 && echo "$line"

curl --silent --show-error --retry 20 --retry-connrefused --retry-delay 1 --output /dev/null \
  --write-out 'demo: the download ended: %{size_download} of 600000 bytes, HTTP %{http_code}\n' \
  --dump-header "$folder/header" http://127.0.0.1:18080/slow &
download=$!
# The answer has begun once its header is there.
exec 4< "$folder/header"
read -r status <&4 && echo "demo: nginx answers: $status"
cat <&4 > "$folder/header.rest" &

echo "demo: the download is under way; now the container gets TERM, as from docker stop or the kubelet"
kill -TERM "$(ps -o pid= --ppid "$container" | tr -d ' ')"
cat <&3 &
wait "$download"
code=0
wait "$container" || code=$?
wait
echo "demo: the container's exit code: $code"
