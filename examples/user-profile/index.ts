import * as pulumi from "@pulumi/pulumi";
import { ClosureCopy, NixBuild, ProfileActivation, SystemdUnit, type Connection } from "pulumi-nix";

const config = new pulumi.Config();
// No `elevate`: all that follows is done as alice, in her home and by her own systemd.
const connection: Connection = {
  host: config.require("host"),
  hostKey: config.require("hostKey"),
  user: "alice",
  privateKey: config.requireSecret("privateKey"),
};

const home = new NixBuild("alice", { file: "home.nix", args: { greeting: config.require("greeting") } });

// The machine's daemon does not trust her, but the key that signs what she brings.
const copy = new ClosureCopy("alice", {
  connection,
  path: home.outPath,
  signWith: config.requireSecret("signingKey"),
});

// Her profile lies in ~/.local/state/nix/profiles; kind "home-manager" runs `activate` of the path.
const profile = new ProfileActivation("alice", {
  connection,
  profile: "user-profile",
  path: copy.path,
  kind: "home-manager",
  onDestroy: "remove",
});

new SystemdUnit("alice", {
  connection,
  scope: "user",
  name: "user-profile.service",
  sections: {
    Service: { ExecStart: "%h/.local/state/nix/profiles/user-profile/bin/serve" },
    Install: { WantedBy: "default.target" },
  },
  restartTriggers: [profile.path],
});
