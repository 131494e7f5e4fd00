/** Two machines that run NixOS-like systems, and one with a profile and a unit of its own. */
export const twoWebsAndADatabase = `
const config = new pulumi.Config();
const hosts = config.requireObject<Record<string, nix.RemoteConnection>>("hosts");
const packages = config.requireObject<Record<string, string>>("packages");
const buildOnPreview = config.requireBoolean("build");
const token = config.requireSecret("token");
const connectionOf = (name: string): nix.Connection => ({ ...hosts[name]!, privateKey: config.requireSecret("privateKey") });

const systems: pulumi.Output<string>[] = [];
for (const host of ["web1", "web2"]) {
  const connection = connectionOf(host);
  const build = new nix.NixBuild(host, {
    file: "fleet.nix",
    args: { host, packages, kernel: config.require("kernel") },
    buildOnPreview,
  });
  systems.push(build.outPath);
  const copy = new nix.ClosureCopy(host, { connection, path: build.outPath });
  new nix.ProfileActivation(host, {
    connection,
    profile: "system",
    path: copy.path,
    kind: "nixos",
    healthChecks: [{ http: "http://localhost:8083/", headers: { Authorization: pulumi.interpolate\`Bearer \${token}\` } }],
  });
}

const connection = connectionOf("db1");
const build = new nix.NixBuild("db1", {
  file: "fleet.nix",
  args: { host: "db1", packages, service: "postgresql-" + config.require("postgresql") },
  buildOnPreview,
});
const copy = new nix.ClosureCopy("db1", { connection, path: build.outPath });
const profile = new nix.ProfileActivation("db1", { connection, profile: "postgresql", path: copy.path, kind: "noop" });
new nix.SystemdUnit("db1", {
  connection,
  name: "postgresql.service",
  sections: {
    Unit: { Description: config.require("description") },
    Service: {
      ExecStart: "/nix/var/nix/profiles/postgresql/bin/busybox " + config.require("command"),
      Restart: "always",
      RestartSec: config.requireNumber("restartSec"),
    },
    Install: { WantedBy: "multi-user.target" },
  },
  restartTriggers: [profile.path, token],
  settle: 0.2,
});
export const database = build.outPath;
`;

/** A folder of the project. */
export const cacheFolder = "systems";

/** The same with the systems in a binary cache, too. */
export const withACache = `${twoWebsAndADatabase}
new nix.BinaryCache("systems", { url: "file://" + process.cwd() + "/${cacheFolder}", paths: systems });
`;

/** The same with a profile whose paths bring their own entry point. */
export const withTools = `${twoWebsAndADatabase}
const tools = new nix.NixBuild("tools", {
  file: "fleet.nix",
  args: { host: "db1", service: "tools-1.0", hasEntryPoint: true },
  buildOnPreview,
});
const copied = new nix.ClosureCopy("tools", { connection, path: tools.outPath });
new nix.ProfileActivation("tools", { connection, profile: "tools", path: copied.path, onDestroy: "remove" });
`;

/** What is secret in the recorded stack: must be nowhere in what is recorded or reported. */
export const poison = "poison-7c1e0b";

/** Machines that run NixOS-like systems in roles, one after the other. */
export const manyMachines = `
const config = new pulumi.Config();
const hosts = config.requireObject<Record<string, nix.RemoteConnection>>("hosts");
const roles = Object.values(config.requireObject<Record<string, Record<string, string>>>("roles"));
const privateKey = config.requireSecret("privateKey");

for (const [index, [host, endpoint]] of Object.entries(hosts).entries()) {
  const connection = { ...endpoint, privateKey };
  const build = new nix.NixBuild(host, {
    file: "fleet.nix",
    args: { host, packages: roles[index % roles.length]! },
    buildOnPreview: true,
  });
  const copy = new nix.ClosureCopy(host, { connection, path: build.outPath });
  new nix.ProfileActivation(host, { connection, profile: "system", path: copy.path, kind: "nixos" });
}
`;
