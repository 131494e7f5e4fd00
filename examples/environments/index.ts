import * as pulumi from "@pulumi/pulumi";
import {
  ClosureCopy,
  NixBuild,
  ProfileActivation,
  SystemdUnit,
  type Connection,
  type SystemdUnitArgs,
} from "pulumi-nix";

// What differs between the environments, all of it in Pulumi.<stack>.yaml.
const config = new pulumi.Config();
const hosts = config.requireObject<{ name: string; host: string; hostKey: string }[]>("hosts");
const privateKey = config.requireSecret("privateKey");
// The stack whose build is taken over; without it this one builds a release of its own.
const promotes = config.get("promotes");
const onDestroy = config.get<"leave" | "remove">("onDestroy") ?? "remove";
// For all resources alike: a destroy that is refused at one of them has deleted those that build on it by then.
const options = { protect: config.getBoolean("protect") ?? false };

// What another environment runs is known by its derivation, whatever the sources here say by now.
const source =
  promotes === undefined
    ? { file: "app.nix", args: { release: config.require("release") } }
    : { drvPath: buildOf(promotes) };
const app = new NixBuild("app", source, options);

for (const { name, host, hostKey } of hosts) {
  const connection: Connection = { host, hostKey, privateKey };

  const copy = new ClosureCopy(name, { connection, path: app.outPath }, options);

  const profile = new ProfileActivation(
    name,
    { connection, profile: "environments", path: copy.path, kind: "noop", onDestroy },
    options,
  );

  const unit: SystemdUnitArgs = {
    connection,
    name: "environments.service",
    sections: {
      // What tells the environments apart on the machine is not built in.
      Service: {
        ExecStart: "/nix/var/nix/profiles/environments/bin/serve",
        Environment: { ENVIRONMENT: pulumi.getStack() },
        RuntimeDirectory: "environments",
        DynamicUser: true,
      },
      Install: { WantedBy: "multi-user.target" },
    },
    restartTriggers: [profile.path],
  };
  new SystemdUnit(name, unit, options);
}

export const path = app.outPath;
export const drvPath = app.drvPath;

/** The derivation that a stack of this program runs, known in a preview. */
function buildOf(stack: string): pulumi.Output<string> {
  const name = `${pulumi.getOrganization()}/${pulumi.getProject()}/${stack}`;
  return new pulumi.StackReference(name).requireOutput("drvPath").apply(String);
}
