import type { Host } from "../fleet";

/** Has the Nix daemon of a test host work by these lines behind its own; without any, by its own again. */
export async function configureNix(host: Host, lines = ""): Promise<void> {
  const own = "/run/nix.conf.own";
  const keep = `[ -e ${own} ] || cp /etc/nix/nix.conf ${own}`;
  // A daemon that has only just started may not hear that it shall stop; systemd counts starts, and refuses too many.
  const [kill, forgive, restart] = ["kill -s KILL", "reset-failed", "restart"].map(
    (verb) => `systemctl ${verb} nix-daemon.service`,
  );
  // systemd has started it before it has read its settings; when it answers, it has.
  const answers = `NIX_REMOTE=daemon nix-store --check-validity /nix/store/${"0".repeat(32)}-none 2>/dev/null`;
  const steps = [keep, `cat ${own} - >/etc/nix/nix.conf`, `${kill} 2>/dev/null`, forgive, restart];
  await host.sh(`${steps.join("; ")} && { ${answers} || true; }`, { input: `\n${lines}\n` });
}
