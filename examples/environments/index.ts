import * as pulumi from "@pulumi/pulumi";
import { ClosureCopy, NixBuild, ProfileActivation, SystemdUnit, type Connection } from "pulumi-nix";

// What differs between the environments, all of it in Pulumi.<stack>.yaml.
const config = new pulumi.Config();
const hosts = config.requireObject<{ name: string; host: string; hostKey: string }[]>("hosts");
const privateKey = config.requireSecret("privateKey");
const release = config.require("release");
const protect = config.getBoolean("protect") ?? false;
const onDestroy = config.get<"leave" | "remove">("onDestroy") ?? "remove";

// The same release is the same store path in every environment: what was tried in one is what runs in the other.
const app = new NixBuild("app", { file: "app.nix", args: { release } });

for (const { name, host, hostKey } of hosts) {
  const connection: Connection = { host, hostKey, privateKey };

  const copy = new ClosureCopy(name, { connection, path: app.outPath });

  const profile = new ProfileActivation(
    name,
    { connection, profile: "environments", path: copy.path, kind: "noop", onDestroy },
    { protect },
  );

  new SystemdUnit(name, {
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
  });
}

export const path = app.outPath;
