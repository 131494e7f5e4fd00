import * as pulumi from "@pulumi/pulumi";
import { ClosureCopy, NixBuild, ProfileActivation, SystemdUnit, type Connection } from "pulumi-nix";

const config = new pulumi.Config();
const connection: Connection = {
  host: config.require("host"),
  hostKey: config.require("hostKey"),
  privateKey: config.requireSecret("privateKey"),
};

const page = new NixBuild("page", { file: "page.nix", args: { greeting: config.require("greeting") } });

const copy = new ClosureCopy("page", { connection, path: page.outPath });

// Runs bin/pulumi-nix-activate of the path; a failure there puts the profile back to where it was.
const profile = new ProfileActivation("page", {
  connection,
  profile: "one-host",
  path: copy.path,
  kind: "custom",
  onDestroy: "remove",
});

new SystemdUnit("page", {
  connection,
  name: "one-host.service",
  sections: {
    Service: { ExecStart: "/nix/var/nix/profiles/one-host/bin/serve", DynamicUser: true },
    Install: { WantedBy: "multi-user.target" },
  },
  restartTriggers: [profile.path],
});
