import * as pulumi from "@pulumi/pulumi";
import { ClosureCopy, NixBuild, ProfileActivation, SystemdUnit, type Connection } from "pulumi-nix";

const config = new pulumi.Config();
// By name: `{ host, hostKey }` for a machine to reach over SSH, `{ local: true }` for the one that Pulumi runs on.
const hosts = config.requireObject<Record<string, Connection>>("hosts");
const privateKey = config.getSecret("privateKey");
// Whose systemd serves the page: the machine's ("system"), the login's own ("user"), or no one's ("none").
const scope = config.get<"system" | "user" | "none">("scope") ?? "system";
const port = config.get("port") ?? "8080";
const profiles = scope === "system" ? "/nix/var/nix/profiles" : "%h/.local/state/nix/profiles";

// Evaluated with the program: a preview knows the store path, and nothing is built for it.
const site = new NixBuild("site", {
  file: "site.nix",
  attr: "site",
  args: { version: config.require("version") },
});

for (const [name, host] of Object.entries(hosts)) {
  const connection: Connection = "host" in host ? { ...host, privateKey } : host;

  const copy = new ClosureCopy(name, { connection, path: site.outPath });

  const profile = new ProfileActivation(name, {
    connection,
    profile: "site",
    path: copy.path,
    kind: "noop",
    onDestroy: "rollback",
  });

  if (scope === "none") continue;
  new SystemdUnit(name, {
    connection,
    scope,
    name: "site.service",
    sections: {
      Unit: { Description: "The quickstart's page" },
      Service: { ExecStart: `${profiles}/site/bin/serve ${port}`, DynamicUser: scope === "system" },
      Install: { WantedBy: "default.target" },
    },
    restartTriggers: [profile.path],
  });
}

export const path = site.outPath;
