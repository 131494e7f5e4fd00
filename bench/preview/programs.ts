/** How much of a program is ours; each step adds one thing to the one before. */
export const steps = ["trivial", "loaded", "builds", "ours"] as const;
export type Step = (typeof steps)[number];

/** A program of a build, a copy, an activation and a unit for each host; what is not ours is the same, of a provider that does nothing. */
export function programOf(step: Step): string {
  return `
import * as pulumi from "@pulumi/pulumi";
${step === "trivial" ? "" : 'import * as nix from "pulumi-nix";\nvoid nix.NixBuild;'}
${trivialResource}
const config = new pulumi.Config();
const unit = config.require("unit");
const { file, ...args } = config.requireObject<any>("payload");
const digest = "0123456789abcdfghijklmnpqrsvwxyz";
for (const [name, { privateKey, ...others }] of Object.entries(config.requireObject<any>("hosts"))) {
  const connection = { ...others, privateKey: pulumi.secret(privateKey) };
  const own = { ...args, name: args.name + "-" + name };
  const made = "/nix/store/" + digest + "-" + own.name + "-release-1";
  const build = ${step === "builds" || step === "ours" ? ourBuild : trivialBuild};
  const copy = new ${typeOf(step, "ClosureCopy")}(name, { connection, path: build.outPath });
  const profile = new ${typeOf(step, "ProfileActivation")}(name, { connection, profile: unit, path: copy.path, kind: "noop" });
  new ${typeOf(step, "SystemdUnit")}(name, {
    connection,
    name: unit + ".service",
    sections: {
      Service: { Type: "oneshot", RemainAfterExit: true, ExecStart: "/nix/var/nix/profiles/" + unit + "/bin/run" },
      Install: { WantedBy: "multi-user.target" },
    },
    restartTriggers: [profile.path],
    settle: 0,
  });
}
`;
}

const ourBuild = "new nix.NixBuild(name, { file, args: own })";
const trivialBuild =
  'new NixBuild(name, { file, args: own, drvPath: made + ".drv", outPath: made, path: made, outputs: { out: made } })';

function typeOf(step: Step, name: string): string {
  return step === "ours" ? `nix.${name}` : name;
}

const trivialResource = `
const provider = "exports.handler=()=>({" +
  "check:async(o,n)=>({inputs:n,failures:[]})," +
  "diff:async(i,o,n)=>({changes:JSON.stringify(o.path)===JSON.stringify(n.path)?false:undefined,replaces:[]})," +
  "create:async(n)=>({id:'trivial',outs:n})," +
  "read:async(id,o)=>({id,props:o,inputs:o})," +
  "update:async(i,o,n)=>({outs:n})," +
  "delete:async()=>{}});";
class Trivial extends pulumi.CustomResource {
  declare readonly path: pulumi.Output<string>;
  declare readonly outPath: pulumi.Output<string>;
  constructor(name: string, args: object) {
    super("pulumi-nodejs:dynamic/trivial:" + new.target.name, name, { ...args, __provider: provider });
  }
}
class NixBuild extends Trivial {}
class ClosureCopy extends Trivial {}
class ProfileActivation extends Trivial {}
class SystemdUnit extends Trivial {}
`;
