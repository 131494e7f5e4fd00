import { bring } from "../../../examples/nixos-system";
import type { Host } from "../../../fleet";
import type { Project } from "../../../engine/project";

/** What the recordings are made with: the machines as they are deployed, and ways to change what is wanted of them. */
export interface Stage {
  readonly project: Project;
  readonly web1: Host;
  readonly web2: Host;
  readonly db1: Host;
  /** Builds a system for web1 with these packages, here. */
  system(packages: Record<string, string>): Promise<string>;
}

export interface Recording {
  readonly name: string;
  /** Of an update; else of a preview. */
  readonly update?: boolean;
  /** What is wanted instead of `wanted`, for this recording only. */
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

const unit = "/etc/systemd/system/postgresql.service";

/** In this order: the first update makes what all that follow are about, and each leaves the machines as they were. */
export const recordings: readonly Recording[] = [
  // Versions that nothing ever builds: what was built once stays in this machine's store.
  { name: "first-deploy-unbuilt", config: { build: false, kernel: "6.1.68", postgresql: "15.3" } },
  { name: "first-deploy" },
  { name: "applied", update: true },
  { name: "nothing-to-do" },
  { name: "build-needed", config: { build: false, packages: { ...wanted.packages, openssl: "3.0.12" } } },
  { name: "one-package", config: { packages: { ...wanted.packages, openssl: "3.0.13" } } },
  {
    name: "kernel",
    config: { kernel: "6.6.1", packages: { ...wanted.packages, brotli: "1.1.0", zlib: "1.2.13" } },
  },
  { name: "unit-text", config: { restartSec: 5, description: "The </script>`database`" } },
  {
    name: "drift-profile",
    before: async ({ web1, system }) => {
      const path = await system({ ...wanted.packages, openssl: "1.1.1w" });
      await bring(web1, path);
      await web1.sh(
        `nix-env --profile /nix/var/nix/profiles/system --set ${path} && ${path}/bin/switch-to-configuration switch`,
      );
    },
    after: ({ project }) => project.up(),
  },
  {
    name: "drift-unit",
    before: ({ db1 }) =>
      db1.sh(
        `sed -i s/RestartSec=1/RestartSec=9/ ${unit} && systemctl daemon-reload && systemctl stop postgresql`,
      ),
    after: ({ project }) => project.up(),
  },
  {
    name: "drift-gone",
    before: ({ db1 }) =>
      db1.sh(`systemctl disable --now postgresql && rm ${unit} && systemctl daemon-reload`),
    after: ({ project }) => project.up(),
  },
  {
    name: "drift-store",
    before: ({ db1 }) => db1.sh("rm -r /var/lib/pulumi-nix/roots/db1-*"),
    after: ({ project }) => project.up(),
  },
  {
    name: "host-down",
    config: { packages: { ...wanted.packages, openssl: "3.0.13" } },
    before: ({ web2 }) => web2.stopSshd(),
    after: ({ web2 }) => web2.undoFaults(),
  },
  { name: "failed-update", update: true, config: { command: "false" } },
];
