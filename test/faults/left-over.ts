import type { Host } from "../fleet";
import { until } from "./until";

/** Prints everything of ours on a host that is neither a record nor what we know of a profile or unit. */
const program = `
pgrep -af 'pulumi-nix' | grep -v "^$$ " | sed 's/^/process /'
systemctl list-units --all --plain --no-legend 'pulumi-nix-*' | sed 's/^/unit /'
find /etc/systemd/system.control 2>/dev/null
cd /var/lib/pulumi-nix 2>/dev/null || exit 0
find . -path '*/deployments/*/*' ! -name record ! -name log
find ./lock -mindepth 1 2>/dev/null
for link in /nix/var/nix/gcroots/auto/*; do
  case $(readlink "$link") in /var/lib/pulumi-nix/*/deployments/*) [ ! -e "$link" ] || echo "root $link" ;; esac
done
exit 0
`;

/** What deployments that have ended have left on a host, which may take a moment to end. */
export async function leftOver(host: Host): Promise<string[]> {
  let found = "";
  const gone = async (): Promise<true | undefined> =>
    (found = await host.sh("exec sh -s", { input: program })) === "" || undefined;
  await until("nothing is left", gone, 30).catch(() => undefined);
  return found.split("\n").filter((line) => line !== "");
}
