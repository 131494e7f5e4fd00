import { copyFileSync, existsSync, mkdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { bootFleet, environment, type Fleet, type Host, output, run, type User } from "../fleet";
import { checkout } from "../fleet/script";

/** A host that Pulumi itself runs on, with a systemd: this machine need not have one. It has what the set-up gave us. */
export class Controller {
  private constructor(
    private readonly fleet: Fleet,
    readonly host: Host,
  ) {}

  static async boot(): Promise<Controller> {
    const suite = suiteThatRunsOurPrograms();
    const fleet = await bootFleet({ [suite]: 1 }, { mounts: mounts() });
    const controller = new Controller(fleet, fleet.hosts[0] as Host);
    await controller.bringLibraries();
    return controller;
  }

  /** Puts the engine into a user's cache, where the set-up and `setup/environment.sh` look for it. */
  async equip(user: User): Promise<void> {
    const link = 'mkdir -p "$PULUMI_HOME" && ln -s /opt/engine "$PULUMI_HOME/versions"';
    await this.host.ssh(`. /opt/checkout/setup/environment.sh && ${link}`, { user });
  }

  stop(): Promise<void> {
    return this.fleet.stop();
  }

  /** Node as Debian packages it is in part a library, which hosts do not have. */
  private async bringLibraries(): Promise<void> {
    const command = ["ldd", process.execPath];
    const listed = output(command.join(" "), await run(command));
    for (const [, file = ""] of listed.matchAll(/=> (\/\S+)/g)) {
      const there = this.host.path(file);
      if (existsSync(there)) continue;
      mkdirSync(dirname(there), { recursive: true });
      copyFileSync(file, there);
    }
  }
}

/** By where the host has them. Modules find one another by the names of the folders above them: those are kept. */
function mounts(): Record<string, string> {
  return {
    "/usr/local/bin/node": realpathSync(process.execPath),
    "/opt/engine": join(environment()["PULUMI_HOME"] as string, "versions"),
    "/opt/checkout": checkout,
    "/opt/node_modules": realpathSync(join(checkout, "node_modules")),
    "/opt/package/pulumi-nix": join(checkout, "examples/node_modules/pulumi-nix"),
  };
}

/** A program runs with the C library that it was made for or with a newer one. */
function suiteThatRunsOurPrograms(): "bookworm" | "trixie" {
  return /^VERSION_CODENAME=bookworm$/m.test(readFileSync("/etc/os-release", "utf8")) ? "bookworm" : "trixie";
}
