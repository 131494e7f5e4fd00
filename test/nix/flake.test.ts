import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectionSchema } from "../../provider/connection";
import type { Host } from "../../provider/host/host";
import { Hosts } from "../../provider/host/pool";
import { evaluateAll } from "../../provider/nix/evaluate";
import { environment, output, run, setEnvironment, sharedFleet } from "../fleet";

/** All that Nix tells a flake of its source is in the path. */
const flake = `{ outputs = { self }: { packages.x86_64-linux.x = derivation {
  name = "x-\${self.shortRev or self.dirtyShortRev or "dirty"}";
  system = "x86_64-linux";
  builder = "/bin/sh";
  source = builtins.toJSON (removeAttrs self.sourceInfo [ "outPath" "submodules" ]);
  inherit (self) outPath narHash lastModifiedDate;
  same = self.packages.x86_64-linux ? x && self.inputs == { };
  dirty = self.dirtyRev or "";
  submodules = self.submodules or false;
}; }; }`;

const features = ["--extra-experimental-features", "nix-command flakes"];

describe("a flake in a git repository", () => {
  let folder: string;
  let hosts: Hosts;
  let restore: () => void;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "pulumi-nix-git-flake-"));
    restore = setEnvironment({ ...environment(), XDG_CACHE_HOME: join(folder, "cache") });
    hosts = new Hosts();
    mkdirSync(join(folder, "flake/deep/er"), { recursive: true });
    for (const place of ["flake.nix", "deep/er/flake.nix"])
      writeFileSync(join(folder, "flake", place), flake);
    await git("init", "--quiet");
    await git("add", "--all");
    await git("commit", "--quiet", "-mit");
  });
  afterEach(async () => {
    await hosts.close();
    restore();
    rmSync(folder, { recursive: true });
  });

  const git = async (...argv: string[]): Promise<void> => {
    const who = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
    output(argv.join(" "), await run(["git", "-C", join(folder, "flake"), ...who, ...argv]));
  };
  const touch = (): void => writeFileSync(join(folder, "flake/flake.nix"), `${flake} `);

  const onTrixie = async (): Promise<Host> => {
    const [host] = (await sharedFleet({ trixie: 1 })).trixie;
    assert.ok(host);
    cpSync(folder, host.path(join("root/flakes", folder)), { recursive: true });
    await host.sh(`mkdir -p ${folder} && cp -a /root/flakes${folder}/. ${folder}`);
    return hosts.get(connectionSchema.parse(host.connection({})));
  };
  const situations: [string, () => void, string][] = [
    ["clean", () => undefined, ""],
    ["dirty", touch, ""],
    ["clean, below another folder", () => undefined, "?dir=deep/er"],
    ["dirty, below another folder", touch, "?dir=deep/er"],
    ["clean, with submodules", () => undefined, "?submodules=1"],
  ];
  const isAsBuilt = async (machine: Host, query: string): Promise<void> => {
    const installable = `git+file://${folder}/flake${query}#x`;
    const argv = ["nix", ...features, "build", "--dry-run", "--json", installable];
    const { stdout } = await machine.run(argv, { doing: "asking nix build" });
    const [wanted] = JSON.parse(stdout) as { drvPath: string }[];
    const [found] = await evaluateAll([{ flake: installable }], machine);
    assert.ok(found?.ok, JSON.stringify(found));
    assert.deepEqual({ drvPath: found.drvPath, outputs: found.outputs }, wanted);
  };

  for (const [what, change, query] of situations) {
    it(`has the path that nix build gives it: ${what}`, async () => {
      change();
      await isAsBuilt(await hosts.get(connectionSchema.parse({ local: true })), query);
    });

    // Its Nix needs no git; that of bookworm's hosts does, and they have none.
    it(`has the path that nix build gives it on trixie: ${what}`, async () => {
      change();
      await isAsBuilt(await onTrixie(), query);
    });
  }

  it("has its inputs when they are elsewhere in the repository, with Nix 2.26", async () => {
    mkdirSync(join(folder, "flake/other"));
    writeFileSync(join(folder, "flake/other/flake.nix"), `{ outputs = { self }: { name = "of-other"; }; }`);
    const text = `{ inputs.other.url = "path:../../other"; outputs = { self, other }: {
      packages.x86_64-linux.x = derivation { inherit (other) name; system = "s"; builder = "b"; inherit (self) rev; };
    }; }`;
    const input = { path: "../../other", type: "path" };
    const nodes = {
      root: { inputs: { other: "other" } },
      other: { locked: input, original: input, parent: [] },
    };
    writeFileSync(join(folder, "flake/deep/er/flake.nix"), text);
    writeFileSync(
      join(folder, "flake/deep/er/flake.lock"),
      JSON.stringify({ nodes, root: "root", version: 7 }),
    );
    await git("add", "--all");
    await git("commit", "--quiet", "-mit");
    await isAsBuilt(await onTrixie(), "?dir=deep/er");
  });
});
