/** What a user of the package writes: a build, and for each host a copy, an activation and a unit. */
export const ourProgram = `
import * as pulumi from "@pulumi/pulumi";
import * as nix from "pulumi-nix";
const config = new pulumi.Config();
const unit = config.require("unit");
const { file, ...args } = config.requireObject<any>("payload");
const build = new nix.NixBuild("payload", { file, args });
for (const [name, connection] of Object.entries(config.requireObject<any>("hosts"))) {
  const copy = new nix.ClosureCopy(name, { connection, path: build.outPath });
  const profile = new nix.ProfileActivation(name, { connection, profile: unit, path: copy.path, kind: "noop" });
  new nix.SystemdUnit(name, {
    connection,
    name: unit + ".service",
    sections: {
      Service: { Type: "oneshot", RemainAfterExit: true, ExecStart: "/nix/var/nix/profiles/" + unit + "/bin/run" },
      Install: { WantedBy: "multi-user.target" },
    },
    restartTriggers: [profile.path],
    // By hand nobody waits to see whether it stays up.
    settle: 0,
  });
}
export const path = build.outPath;
`;

/** As many resources with as much in them and the same dependencies, of a provider that does nothing. */
export const trivialProgram = `
import * as pulumi from "@pulumi/pulumi";
const provider = "exports.handler=()=>({" +
  "check:async(o,n)=>({inputs:n,failures:[]})," +
  "diff:async(i,o,n)=>({changes:JSON.stringify(o.path)===JSON.stringify(n.path)?false:undefined,replaces:[]})," +
  "create:async(n)=>({id:'trivial',outs:n})," +
  "read:async(id,o)=>({id,props:o,inputs:o})," +
  "update:async(i,o,n)=>({outs:n})," +
  "delete:async()=>{}});";
class Trivial extends pulumi.CustomResource {
  declare readonly path: pulumi.Output<string>;
  constructor(kind: string, name: string, args: object) {
    super("pulumi-nodejs:dynamic/trivial:" + kind, name, { ...args, __provider: provider });
  }
}
const config = new pulumi.Config();
const unit = config.require("unit");
const { file, ...args } = config.requireObject<any>("payload");
const path = "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-" + args.name + "-" + args.release;
const build = new Trivial("Build", "payload", { file, args, drvPath: path + ".drv", path, outputs: { out: path } });
for (const [name, { privateKey, ...others }] of Object.entries(config.requireObject<any>("hosts"))) {
  const connection = { ...others, privateKey: pulumi.secret(privateKey) };
  const copy = new Trivial("Copy", name, { connection, path: build.path });
  const profile = new Trivial("Profile", name, { connection, profile: unit, path: copy.path, kind: "noop" });
  new Trivial("Unit", name, {
    connection,
    name: unit + ".service",
    sections: {
      Service: { Type: "oneshot", RemainAfterExit: true, ExecStart: "/nix/var/nix/profiles/" + unit + "/bin/run" },
      Install: { WantedBy: "multi-user.target" },
    },
    path: profile.path,
    settle: 0,
  });
}
export const out = build.path;
`;

export const tsconfig = JSON.stringify({
  compilerOptions: {
    target: "ES2022",
    module: "nodenext",
    moduleResolution: "nodenext",
    useDefineForClassFields: false,
    skipLibCheck: true,
  },
});
