import { checkInputs } from "../../provider/check";
import { connectionSchema } from "../../provider/connection";
import { factsOf } from "../../provider/host/facts";
import { Hosts } from "../../provider/host/pool";
import type { Context, Resource } from "../../provider/resource";
import { closureCopy } from "../../provider/resources/closure-copy";
import { nixBuild } from "../../provider/resources/nix-build";
import { profileActivation } from "../../provider/resources/profile-activation";
import { systemdUnit } from "../../provider/resources/systemd-unit";
import { evaluateAll } from "../../provider/nix/evaluate";
import type { Host as TestHost } from "../../test/fleet";
import type { Payload, Release } from "../fleet-run/payload";

const resources = {
  NixBuild: nixBuild,
  ClosureCopy: closureCopy,
  ProfileActivation: profileActivation,
  SystemdUnit: systemdUnit,
} as unknown as Readonly<Record<string, Resource<never, never>>>;

/** The resources, each needing those before it. */
export const lives = Object.keys(resources);

/** The inputs of a NixBuild. */
type Build = Record<string, unknown> & { readonly outPath: string };

/** All four resources on a host, driven as the engine does it. */
export class Life {
  private readonly states = new Map<string, object>();

  private constructor(
    private readonly connection: object,
    private readonly builds: Readonly<Record<Release, Build>>,
    private readonly hosts: Hosts,
    private readonly context: Context,
  ) {}

  static async begin(host: TestHost, payload: Payload): Promise<Life> {
    const hosts = new Hosts();
    const controller = await hosts.get({ local: true, elevate: "none" });
    const context: Context = {
      host: (connection) => hosts.get(connection),
      freshHost: (connection, seconds) => hosts.fresh(connection, seconds),
      controller,
      log: () => undefined,
      status: () => undefined,
    };
    const build = async (release: Release): Promise<Build> => {
      const source = { file: payload.file, args: payload.args(release) };
      const [found] = await evaluateAll([source], controller);
      if (!found?.ok) throw new Error(found?.reason);
      const { drvPath, outputs } = found;
      return { ...source, drvPath, outputs, outPath: outputs["out"] as string };
    };
    return new Life(host.connection(), { 1: await build("1"), 2: await build("2") }, hosts, context);
  }

  /** What every run finds out once about each machine. */
  async lookAround(): Promise<void> {
    const { context } = this;
    await Promise.all([
      factsOf(await context.host(connectionSchema.parse(this.connection))),
      factsOf(context.controller),
    ]);
  }

  async ensure(name: string, release: Release): Promise<void> {
    const resource = of(name);
    const { inputs, problems } = checkInputs(resource, this.inputsOf(name, release));
    if (problems.length > 0) throw new Error(JSON.stringify(problems));
    // The checked inputs hold a connection with all its defaults.
    const state = await resource.ensure(name, inputs as never, this.states.get(name) as never, this.context);
    this.states.set(name, state);
  }

  async read(name: string): Promise<void> {
    await of(name).read(name, this.states.get(name) as never, this.context);
  }

  async remove(name: string): Promise<void> {
    await of(name).remove(name, this.states.get(name) as never, this.context);
  }

  end(): Promise<void> {
    return this.hosts.close();
  }

  private inputsOf(name: string, release: Release): Record<string, unknown> {
    const { connection } = this;
    const path = this.builds[release].outPath;
    switch (name) {
      case "NixBuild":
        return { ...this.builds[release] };
      case "ClosureCopy":
        return { connection, path };
      case "ProfileActivation":
        return { connection, path, profile: "bench-round-trips", kind: "noop" };
      default:
        return {
          connection,
          name: "bench-round-trips.service",
          sections,
          restartTriggers: [path],
          settle: 0,
        };
    }
  }
}

const sections = {
  Service: {
    Type: "oneshot",
    RemainAfterExit: true,
    ExecStart: "/nix/var/nix/profiles/bench-round-trips/bin/run",
  },
  Install: { WantedBy: "multi-user.target" },
};

function of(name: string): Resource<never, never> {
  return resources[name] as Resource<never, never>;
}
