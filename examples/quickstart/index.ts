import * as pulumi from "@pulumi/pulumi";
import { ClosureCopy, NixBuild, ProfileActivation, SystemdUnit, type Connection } from "pulumi-nix";

const config = new pulumi.Config();
const hosts = config.requireObject<Record<string, { host: string; hostKey: string }>>("hosts");
const privateKey = config.requireSecret("privateKey");

// Evaluated with the program: a preview knows the store path, and nothing is built for it.
const site = new NixBuild("site", {
  file: "site.nix",
  attr: "site",
  args: { version: config.require("version") },
});

for (const [name, address] of Object.entries(hosts)) {
  const connection: Connection = { ...address, privateKey };

  const copy = new ClosureCopy(name, { connection, path: site.outPath });

  const profile = new ProfileActivation(name, { connection, profile: "site", path: copy.path, kind: "noop" });

  new SystemdUnit(name, {
    connection,
    name: "site.service",
    sections: {
      Unit: { Description: "The quickstart's page" },
      Service: { ExecStart: "/nix/var/nix/profiles/site/bin/serve 8080", DynamicUser: true },
      Install: { WantedBy: "multi-user.target" },
    },
    restartTriggers: [profile.path],
  });
}

export const path = site.outPath;
