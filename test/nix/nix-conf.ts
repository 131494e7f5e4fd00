import type { Host } from "../fleet";

/** Has the Nix daemon of a test host work by these lines behind its own; without any, by its own again. */
export async function configureNix(host: Host, lines = ""): Promise<void> {
  const own = "/run/nix.conf.own";
  const keep = `[ -e ${own} ] || cp /etc/nix/nix.conf ${own}`;
  // systemd counts restarts, and refuses too many.
  const restart = "systemctl reset-failed nix-daemon.service; systemctl restart nix-daemon.service";
  await host.sh(`${keep}; cat ${own} - >/etc/nix/nix.conf; ${restart}`, { input: `\n${lines}\n` });
}
