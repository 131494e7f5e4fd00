import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { Controller } from "../engine/controller";
import { quickStart } from "../engine/project";
import type { Host, Outcome } from "../fleet";

describe("npm start of a user who is not root, on a machine with a systemd and a Nix daemon,", function () {
  this.timeout(600_000);
  let controller: Controller;
  let host: Host;
  let told: string;

  before(async () => {
    controller = await Controller.boot();
    host = controller.host;
    await controller.equip("alice");
    await asAlice(takeCheckout);
  });
  after(() => controller.stop());

  const asAlice = (command: string): Promise<string> => host.ssh(command, { user: "alice" });
  const start = (): Promise<Outcome> => {
    const { NODE_OPTIONS } = quickStart("/opt/checkout");
    return host.trySsh(`cd pulumi-nix && NODE_OPTIONS='${NODE_OPTIONS}' sh setup/start.sh`, {
      user: "alice",
    });
  };

  it("says what only root can install", async () => {
    const { code, stderr } = await start();
    assert.equal(code, 1);
    assert.match(stderr, /^only root can install .*: apt-get install \S+ busybox-static$/m);
  });

  it("takes her through a deployment's life in her own profile", async () => {
    copyFileSync("/usr/bin/busybox", host.path("/usr/bin/busybox"));
    const { code, stdout, stderr } = await start();
    assert.equal(code, 0, stdout + stderr);
    told = stdout;
    assert.match(
      told,
      /no throw-away hosts .*: test hosts are .* that only root can boot; this is user alice/,
    );
    assert.match(told, /NixBuild site: to be created\n +outPath: "\/nix\/store\/\w{32}-site-1"/);
    assert.match(told, /~ outPath: "\/nix\/store\/\w{32}-site-1" => "\/nix\/store\/\w{32}-site-2"/);
    assert.deepEqual(
      [...told.matchAll(/<h1>This is version (\d)<\/h1>/g)].map(([, version]) => version),
      ["1", "2", "1", "1"],
    );
    assert.match(told, /home\/alice\/.*\n +site-1-link, the same generation as the first time/);
    assert.match(told, /~ activeState: "active" => "inactive"/);
    assert.match(told, /Resources: 5 deleted/);
  });

  it("runs the page by her own systemd: at first, for version 2, after the revert and the repair", async () => {
    await host.sh("journalctl --sync");
    // Who wrote a line is said by the kernel; of which unit, by her systemd.
    const journal = await host.sh("journalctl -q -o cat _UID=$(id -u alice) USER_UNIT=site.service");
    assert.equal(journal.split("\n").filter((line) => line.startsWith("Started site.service")).length, 4);
  });

  it("leaves nothing of it", async () => {
    const folders = ".config/systemd .local/state .cache/pulumi-nix/tours";
    assert.equal(await asAlice(`find ${folders} ! -type d`), "");
    assert.doesNotMatch(await host.sh("nix-store --gc --print-roots"), /-site-\d/);
    assert.equal((await host.trySh("ls /var/lib/pulumi-nix")).code, 2);
    assert.equal((await host.trySh("pgrep -u alice -a 'node|pulumi|busybox'")).stdout, "");
  });

  it("tells her how to go on by hand, and that works", async () => {
    const [, typed = ""] = /With this machine, in your own profile:\n([^]*?)\n +With /.exec(told) ?? [];
    const said = await asAlice(`cd pulumi-nix && export PULUMI_SKIP_CONFIRMATIONS=true && set -e\n${typed}`);
    assert.match(said, /\+ 4 created/);
    assert.match(said, /- 4 deleted/);
  });
});

/** A checkout of hers, with the package packed and the modules installed: there is no internet to get them from. */
const takeCheckout = `
  mkdir pulumi-nix
  tar -C /opt/checkout --anchored --exclude=./.git --exclude=./node_modules -c . | tar -C pulumi-nix -x
  ln -s /opt/node_modules pulumi-nix/node_modules`;
