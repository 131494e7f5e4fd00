import type { Host } from "../fleet";
import type { Project } from "./project";

/** A page, its server and a log of its builds: what the tests of the main job deploy. */
export const siteNix = `
{ version, builds, busybox ? /bin/busybox }:
derivation {
  name = "site-\${version}";
  system = builtins.currentSystem;
  builder = "/bin/sh";
  PATH = "/usr/bin:/bin";
  args = [ "-ec" ''
    echo "$version" >> "$builds"
    mkdir -p $out/bin $out/www
    cp $busybox $out/bin/busybox
    echo "version $version" > $out/www/index.html
    printf '#!/bin/sh\\nexec %s/bin/busybox httpd -f -p "$1" -h %s/www\\n' $out $out > $out/bin/serve
    chmod +x $out/bin/*
  '' ];
  busybox = builtins.path { path = busybox; name = "busybox"; };
  inherit version builds;
}`;

/** Deploys the site to every host of the configuration, by all four resources. */
export const siteProgram = `
const config = new pulumi.Config();
const version = config.require("version");
const build = new nix.NixBuild("site", {
  file: "site.nix",
  args: { version, builds: __dirname + "/builds.log" },
});
for (const [name, connection] of Object.entries(config.requireObject<Record<string, nix.Connection>>("hosts"))) {
  const copy = new nix.ClosureCopy(name, { connection, path: build.outPath });
  const profile = new nix.ProfileActivation(name, { connection, profile: "site", path: copy.path, kind: "noop" });
  new nix.SystemdUnit(name, {
    connection,
    name: "site.service",
    sections: {
      Service: { ExecStart: "/nix/var/nix/profiles/site/bin/serve 8080" },
      Install: { WantedBy: "multi-user.target" },
    },
    restartTriggers: [profile.path],
    settle: 0.2,
  });
}
export const path = build.outPath;
`;

/** Gives the project its hosts, as a program would name them. */
export async function configureHosts(project: Project, hosts: readonly Host[]): Promise<void> {
  await project.configure({
    hosts: Object.fromEntries(hosts.map((host) => [host.name, host.connection({})])),
  });
}

/** What the host's web server answers. */
export function page(host: Host): Promise<string> {
  return host.sh("curl -sf http://localhost:8080/");
}
