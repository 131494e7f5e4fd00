import { profileActivation } from "../../../provider/resources/profile-activation";
import { environment, output, run, type Host } from "../../fleet";
import { bring, buildSystem, forgetNixos, markAsNixos } from "../../examples/nixos-system";
import { untyped } from "../../resources/managed";
import type { Attempt } from "../attempt";
import { faultFolder, holdStep, once, switching } from "../entry-program";
import {
  observed,
  wayBackFails,
  type DeploymentKind,
  type Observed,
  type Subject,
  type Version,
} from "./kind";
import { ledTo, showProfile } from "./profile";

const link = "/nix/var/nix/profiles/system";
const seconds = { base: 100001, old: 100002, new: 100003, later: 100004 } satisfies Record<Version, number>;

/** A NixOS with one service, switched to by a program that can go wrong. */
export class NixosSystem implements Subject {
  readonly kind = "nixos";
  readonly resource = untyped(profileActivation);

  private constructor(
    readonly host: Host,
    private readonly paths: ReadonlyMap<Version, string>,
  ) {}

  static async on(host: Host): Promise<NixosSystem> {
    const paths = await systems();
    for (const path of paths.values()) await bring(host, path);
    return new NixosSystem(host, paths);
  }

  inputs(version: Version, again: string): object {
    return { profile: "system", kind: "nixos", path: this.path(version), triggers: [again] };
  }

  spoilWayBack(attempt: Attempt, deployment: DeploymentKind): string {
    return wayBackFails(
      attempt,
      { first: "base.begin", update: "old.begin", redeploy: "new.begin" }[deployment],
    );
  }

  /** The profile leads to the new system, and the boot loader not yet. */
  async holdCommit(attempt: Attempt): Promise<void> {
    await this.host.sh(`touch ${faultFolder}/hold`);
    await attempt.at("new.boot", once(holdStep));
  }

  /** A NixOS always runs something: what was there before us was put there by hand. */
  async reset(): Promise<void> {
    await this.clear();
    await markAsNixos(this.host);
    const base = this.path("base");
    await this.host.sh(
      `nix-env --profile ${link} --set ${base} && ${base}/bin/switch-to-configuration switch`,
    );
  }

  async clear(): Promise<void> {
    await forgetNixos(this.host);
    await this.host.sh("rm -rf /var/lib/pulumi-nix");
  }

  async observe(): Promise<Observed> {
    return observed(
      await this.host.sh(`${showProfile(link)}
        echo "current $(readlink /run/current-system)"
        echo "boots $(readlink /boot/nixos/default)"
        echo "runs $(ps -o args= -p "$(systemctl show faulty.service --property MainPID --value)")"`),
    );
  }

  after(before: Observed, version: Version): Observed {
    const path = this.path(version);
    const runs = (before["runs"] ?? "").replace(/\d+$/, String(seconds[version]));
    return { ...ledTo(before, "system", path), current: path, boots: path, runs };
  }

  private path(version: Version): string {
    return this.paths.get(version) ?? "";
  }
}

let built: Promise<Map<Version, string>> | undefined;

/** Built once for all hosts. */
function systems(): Promise<Map<Version, string>> {
  return (built ??= buildAll());
}

async function buildAll(): Promise<Map<Version, string>> {
  const paths = new Map<Version, string>();
  for (const version of ["base", "old", "new", "later"] as const) {
    const command = `sleep ${seconds[version]}`;
    const system = await buildSystem(`faults-${version}`, { faulty: { command } });
    paths.set(version, await wrapped(version, system));
  }
  return paths;
}

/** The same system at a place of its own, with an entry point around its own. */
async function wrapped(version: Version, system: string): Promise<string> {
  const expression = `derivation {
    name = "nixos-system-wrapped-${version}"; system = builtins.currentSystem; builder = "/bin/sh";
    PATH = "/usr/bin:/bin"; original = builtins.storePath ${system}; entry = builtins.toFile "entry" ''${nixText(switching(version))}
    '';
    args = [ "-ec" ''
      cp -r $original $out
      chmod -R u+w $out
      grep -rlF $original $out | xargs sed -i "s|$original|$out|g"
      mv $out/bin/switch-to-configuration $out/bin/real-switch-to-configuration
      cp $entry $out/bin/switch-to-configuration
      chmod +x $out/bin/switch-to-configuration
    '' ];
  }`;
  const command = ["nix-build", "--no-out-link", "--quiet", "--expr", expression];
  const { PATH = "", NIX_CONFIG = "" } = environment();
  return output("nix-build", await run(["env", `PATH=${PATH}`, `NIX_CONFIG=${NIX_CONFIG}`, ...command]));
}

function nixText(text: string): string {
  return text.replaceAll("''", "'''").replaceAll("${", "''${");
}
