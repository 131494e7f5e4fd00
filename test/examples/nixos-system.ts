import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { environment, run, type Host } from "../fleet";
import { checkout, output } from "../fleet/script";

export interface StandInService {
  command: string;
  page?: string;
  /** More lines for [Unit] and [Service]. */
  unitSection?: string;
  serviceSection?: string;
}

/** Builds a system of examples/nixos here and gives its store path. */
export async function buildSystem(
  release: string,
  services: Record<string, StandInService>,
  kernel = "6.1",
): Promise<string> {
  const file = join(checkout, "examples/nixos/system.nix");
  const json = JSON.stringify({ release, services, kernel });
  const expression = `import ${file} (builtins.fromJSON ''${json.replaceAll("${", "''${")}'')`;
  return nix("nix-build", "--no-out-link", "--quiet", "--expr", expression);
}

/** Brings a path to a host past everything that is ours. */
export async function bring(host: Host, path: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "pulumi-nix-export-"));
  try {
    const closure = (await nix("nix-store", "--query", "--requisites", path)).split("\n");
    const file = join(folder, "closure");
    await nix("sh", "-c", 'exec >"$0"; exec nix-store --export "$@"', file, ...closure);
    await host.sh("nix-store --import", { input: readFileSync(file) });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Makes a Debian host one that a system of examples/nixos agrees to run on. */
export async function markAsNixos(host: Host): Promise<void> {
  await host.sh("touch /etc/NIXOS");
}

/** Makes the host a Debian again that has never run a system. */
export async function forgetNixos(host: Host): Promise<void> {
  await host.sh(`
    for unit in /etc/static/systemd/system/*.service; do
      [ ! -e "$unit" ] || systemctl stop "\${unit##*/}"
    done
    find /etc -type l -lname '/etc/static/*' -exec rm {} +
    rm -rf /etc/static /etc/NIXOS /boot/nixos /run/nixos /run/current-system /run/booted-system
    rm -f /nix/var/nix/gcroots/current-system /nix/var/nix/profiles/system /nix/var/nix/profiles/system-*-link
    systemctl daemon-reload
    systemctl reset-failed
  `);
}

/** Runs a Nix command here and gives what it printed. */
export async function nix(...command: string[]): Promise<string> {
  const { PATH = "", NIX_CONFIG = "" } = environment();
  return output(
    command.join(" "),
    await run(["env", `PATH=${PATH}`, `NIX_CONFIG=${NIX_CONFIG}`, ...command]),
  );
}
