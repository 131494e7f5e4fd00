import type { Host } from "../fleet";

const socket = `[Socket]
ListenStream=8080
Accept=yes
`;
const service = `[Unit]
CollectMode=inactive-or-failed
[Service]
ExecStart=-/bin/sh /run/health-web.sh
StandardInput=socket
`;
/** What it says and does is the word in /run/health; what it was asked stays in /run/health-asked. */
const program = `
while read -r line && [ -n "\${line%?}" ]; do echo "$line"; done >/run/health-asked
say() { printf 'HTTP/1.1 %s\\r\\nConnection: close\\r\\n\\r\\nit is %s\\n' "$1" "$word"; }
word=$(cat /run/health)
case $word in
hangs) exec sleep 1005 ;;
flaps) echo >>/run/health-flaps; [ $(($(grep -c '' /run/health-flaps) % 2)) = 0 ] && say '200 OK' || say '500 Oh' ;;
broken) say '503 Broken' ;;
*) say '200 OK' ;;
esac`;
const unit = `[Unit]
StartLimitIntervalSec=0
[Service]
ExecStart=/bin/sh -c 'case $(cat /run/health) in crashes) echo alas; sleep 0.3; exit 4 ;; esac; exec sleep inf'
Restart=always
RestartSec=0.2
`;

/** A web server on port 8080 of a host, without a program of its own, and a service `health.service`. */
export async function serveHealthOn(host: Host): Promise<() => Promise<unknown>> {
  const files = {
    "systemd/system/health-web.socket": socket,
    "systemd/system/health-web@.service": service,
    "systemd/system/health.service": unit,
    "health-web.sh": program,
    health: "well\n",
  };
  for (const [file, input] of Object.entries(files)) {
    await host.sh(`mkdir -p /run/systemd/system; cat >/run/${file}`, { input });
  }
  await host.sh("systemctl daemon-reload; systemctl start health-web.socket health.service");
  return () =>
    host.sh(
      "systemctl stop health-web.socket 'health-web@*.service' health.service; " +
        "rm -rf /run/health* /run/systemd/system/health*; systemctl daemon-reload",
    );
}
