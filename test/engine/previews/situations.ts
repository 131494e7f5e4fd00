import { bring } from "../../examples/nixos-system";
import type { Host } from "../../fleet";
import type { Project } from "../project";
import { loseHere, unprotectBuilds } from "./losses";
import { twoWebsAndADatabase, withACache, withTools } from "./programs";

/** The machines as they are deployed, and ways to change what is wanted of them. */
export interface Stage {
  readonly project: Project;
  readonly web1: Host;
  readonly web2: Host;
  readonly db1: Host;
  /** Builds what fleet.nix makes of these arguments, here. */
  built(args: object): Promise<string>;
}

/** What a reviewer may be shown, one after the other on the same machines. */
export interface Situation {
  readonly name: string;
  /** What it is about, behind "tells of". */
  readonly of: string;
  /** An update; else a preview. */
  readonly update?: boolean;
  readonly fails?: boolean;
  /** Whether `npm test` compares it for people too, and not for programs only. */
  readonly isRead?: boolean;
  /** Whether `npm test` leaves it out: another is read, and shown, by the same code. */
  readonly isRare?: boolean;
  /** What is wanted instead of `wanted`, for this one only. */
  readonly config?: Record<string, unknown>;
  /** What is done to the machines before. */
  before?(stage: Stage): Promise<unknown>;
  after?(stage: Stage): Promise<unknown>;
}

export const wanted = {
  packages: { openssl: "3.0.11", glibc: "2.38", nginx: "1.24.0", zlib: "1.3" },
  kernel: "6.1.69",
  postgresql: "15.4",
  description: "The database",
  command: "sleep 1000",
  restartSec: 1,
  build: true,
};

/** What somebody may have brought to a machine by hand. */
const oldWeb = { host: "web1", packages: { ...wanted.packages, openssl: "1.1.1w" } };
const newTools = { host: "db1", service: "tools-2.0", hasEntryPoint: true };

const roots = "/var/lib/pulumi-nix/roots";
const profiles = "/nix/var/nix/profiles";
const unit = "/etc/systemd/system/postgresql.service";

/** In this order: the first update makes what all that follow are about, and each leaves the machines as they were. */
export const situations: readonly Situation[] = [
  { name: "first-deploy-unbuilt", of: "a first deployment that is not built yet", config: { build: false } },
  { name: "first-deploy", of: "a first deployment", isRead: true },
  { name: "applied", of: "an update", update: true },
  { name: "nothing-to-do", of: "a preview in which nothing changes" },
  {
    name: "build-needed",
    isRead: true,
    of: "a change that has to be built first",
    config: { build: false, packages: { ...wanted.packages, openssl: "3.0.12" } },
  },
  {
    name: "one-package",
    isRead: true,
    of: "a package that is updated",
    config: { packages: { ...wanted.packages, openssl: "3.0.13" } },
  },
  {
    name: "kernel",
    of: "a new kernel",
    config: { kernel: "6.6.1", packages: { ...wanted.packages, brotli: "1.1.0", zlib: "1.2.13" } },
  },
  {
    name: "unit-text",
    of: "a unit whose text changes",
    config: { restartSec: 5, description: "The </script>`database`" },
  },
  {
    name: "drift-profile",
    of: "a profile that was led elsewhere by hand",
    before: async ({ web1, built }) => {
      const path = await built(oldWeb);
      await leadElsewhere(web1, "system", path);
      await web1.sh(`${path}/bin/switch-to-configuration switch`);
    },
    after: ({ project }) => project.up(),
  },
  {
    name: "drift-not-booted",
    isRare: true,
    of: "a profile that was led elsewhere by hand, while the system runs on",
    before: async ({ web1, built }) => leadElsewhere(web1, "system", await built(oldWeb)),
    after: ({ web1 }) => leadBack(web1, "system"),
  },
  {
    name: "drift-not-activated",
    isRare: true,
    of: "a profile with a path that was never activated",
    before: async ({ project, db1, built }) => {
      project.program(withTools);
      await project.up();
      await leadElsewhere(db1, "tools", await built(newTools));
    },
    after: asItWas,
  },
  {
    name: "drift-profile-gone",
    isRare: true,
    of: "a profile that was removed by hand",
    before: ({ db1 }) => db1.sh(`mkdir /root/away && mv ${profiles}/postgresql* /root/away`),
    after: ({ db1 }) => db1.sh(`mv /root/away/* ${profiles} && rmdir /root/away`),
  },
  {
    name: "drift-crashed",
    isRare: true,
    of: "a unit that crashed until systemd gave up",
    before: ({ db1 }) =>
      db1.sh(`
        until systemctl is-failed --quiet postgresql; do
          systemctl kill --signal=KILL postgresql || :
          sleep 0.1
        done`),
    after: ({ db1 }) => db1.sh("systemctl reset-failed postgresql && systemctl start postgresql"),
  },
  {
    name: "drift-unit",
    isRead: true,
    of: "a unit that was edited and stopped by hand",
    before: ({ db1 }) =>
      db1.sh(
        `sed -i s/RestartSec=1/RestartSec=9/ ${unit} && systemctl daemon-reload && systemctl stop postgresql`,
      ),
    after: ({ db1 }) =>
      db1.sh(
        `sed -i s/RestartSec=9/RestartSec=1/ ${unit} && systemctl daemon-reload && systemctl start postgresql`,
      ),
  },
  {
    name: "drift-gone",
    isRare: true,
    of: "a unit that was removed by hand",
    before: ({ db1 }) =>
      db1.sh(`systemctl disable --now postgresql && mv ${unit} /root && systemctl daemon-reload`),
    after: ({ db1 }) =>
      db1.sh(
        `mv /root/postgresql.service ${unit} && systemctl daemon-reload && systemctl enable --now postgresql`,
      ),
  },
  {
    name: "drift-disabled",
    isRare: true,
    of: "a unit that was disabled by hand",
    before: ({ db1 }) => db1.sh("systemctl disable postgresql"),
    after: ({ db1 }) => db1.sh("systemctl enable postgresql"),
  },
  {
    name: "drift-store",
    of: "a closure that nothing protects any more",
    before: ({ db1 }) => db1.sh(`mkdir /root/away && mv ${roots}/db1-* /root/away`),
    after: ({ db1 }) => db1.sh(`mv /root/away/* ${roots} && rmdir /root/away`),
  },
  {
    name: "drift-collected",
    of: "a closure that was collected",
    before: ({ db1 }) =>
      db1.sh(`
        path=$(readlink -f /nix/var/nix/profiles/postgresql)
        rm -r ${roots}/db1-*
        nix-store --delete --ignore-liveness "$path"`),
    after: ({ project }) => project.up(),
  },
  {
    name: "drift-here",
    of: "builds and a cache that lost paths here",
    // A preview that builds would bring back what was collected.
    config: { build: false },
    before: async ({ project }) => {
      await project.configure({ build: false });
      project.program(withACache);
      await unprotectBuilds(project);
      await project.up();
      await loseHere(project);
    },
    after: async (stage) => {
      await unprotectBuilds(stage.project);
      await asItWas(stage);
    },
  },
  {
    name: "host-down",
    isRead: true,
    of: "a host that is down",
    config: { packages: { ...wanted.packages, openssl: "3.0.13" } },
    before: ({ web2 }) => web2.stopSshd(),
    after: ({ web2 }) => web2.undoFaults(),
  },
  {
    name: "failed-update",
    of: "an update of which a part failed",
    update: true,
    fails: true,
    config: { command: "false" },
  },
];

async function asItWas({ project }: Stage): Promise<void> {
  project.program(twoWebsAndADatabase);
  await project.up();
}

/** As Nix does it, which runs nothing. */
async function leadElsewhere(host: Host, profile: string, path: string): Promise<void> {
  await bring(host, path);
  await host.sh(`nix-env --profile ${profiles}/${profile} --set ${path}`);
}

/** To the generation before, as if there had been no other. */
async function leadBack(host: Host, profile: string): Promise<void> {
  await host.sh(`
    generation=$(readlink ${profiles}/${profile})
    nix-env --profile ${profiles}/${profile} --rollback
    rm "${profiles}/$generation"`);
}
