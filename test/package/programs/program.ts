import type { types } from "@pulumi/command";
import { nixBuild } from "pulumi-nix/provider";
import { ClosureCopy, NixBuild, ProfileActivation, SystemdUnit, type Connection } from "pulumi-nix";

// What somebody has for pulumi-command serves here.
const theirs: types.input.remote.ConnectionArgs = { host: "web1", user: "root", privateKey: "key" };
const connection: Connection = theirs;

const build = new NixBuild("site", { file: "site.nix", attr: "site", args: { version: "1" } });
const copy = new ClosureCopy("site", { connection, path: build.outPath });
const profile = new ProfileActivation("site", { connection, profile: "site", path: copy.path, kind: "noop" });
new SystemdUnit("site", {
  connection,
  name: "site.service",
  sections: { Service: { ExecStart: profile.path.apply((path) => `${path}/bin/serve`) } },
});
export const handles = typeof nixBuild.check;
export const generation = profile.generation.apply((number) => number.toFixed());
