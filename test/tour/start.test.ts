import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { resourceId } from "../../provider/identity";
import { environment } from "../fleet";
import { checkout, output, run } from "../fleet/script";
import { Terminal } from "./fixtures/terminal";

const tours = join(environment()["PULUMI_NIX_CACHE"] as string, "tours");

describe("npm start", function () {
  this.timeout(600_000);
  let terminal: Terminal;

  afterEach(() => terminal.kill());

  /** The folder of the tour, which the first command that needs it names. */
  const folder = async () => join(tours, (await terminal.shows(/tours\/(\d+)/))[1] as string);

  it("takes a newcomer through a deployment's life, and lets him go on by hand until ^C", async () => {
    const before = await checkoutState();
    terminal = new Terminal(["npm", "start", "--", "--keep"]);
    await terminal.shows(/Everything stays up until you press Ctrl-C[^]*The program is/);
    const told = terminal.text;
    // The tests were set up the same way.
    const parts = ["packages", "modules", "engine", "bases", "package"];
    assert.deepEqual(
      setUp(told),
      parts.map((part) => `${part} ready`),
    );
    assert.match(told, /NixBuild site: to be created\n +outPath: "\/nix\/store\/\w{32}-site-1"/);
    assert.match(told, /~ outPath: "\/nix\/store\/\w{32}-site-1" => "\/nix\/store\/\w{32}-site-2"/);
    for (const version of [1, 2])
      assert.equal(count(told, `<h1>This is version ${version}</h1>`), version === 1 ? 6 : 2);
    assert.equal(count(told, "site-1-link, the same generation as the first time"), 2);
    assert.match(told, /~ activeState: "active" => "inactive"/);

    assert.ok(existsSync(rootsOf(await folder())));
    const byHand = join(await folder(), "by-hand.sh");
    assert.ok(told.includes(`. ${byHand}\n`));
    const typed = `. ${byHand} && pulumi config set version 3 && pulumi up --yes --skip-preview`;
    assert.match(await shell(typed), /7 updated/);
    for (const [, command] of told.matchAll(/^ {2}(curl .*|ssh .*)$/gm)) {
      assert.match(
        await shell(`${command} ${command?.startsWith("ssh") ? "hostname" : ""}`),
        /version 3|^\w+\d$/,
      );
    }

    terminal.pressCtrlC();
    await terminal.ended();
    assert.match(terminal.text, /Resources: 8 deleted/);
    assert.match(terminal.text, /all together +\d+\.\d s/);
    await nothingIsLeft(byHand);
    assert.equal(await checkoutState(), before);
  });

  it("clears what a killed one left, and leaves nothing when ^C ends it in the middle of an update", async () => {
    terminal = new Terminal(["npm", "start"]);
    const left = await folder();
    await terminal.shows(/\$ pulumi up /);
    terminal.kill();
    await terminal.ended();
    assert.ok(existsSync(left));

    terminal = new Terminal(["npm", "start"]);
    const file = join(await folder(), "kind");
    await terminal.shows(/\$ pulumi up /);
    assert.ok(!existsSync(left));
    terminal.pressCtrlC();
    assert.notEqual(await terminal.ended(), 0);
    assert.match(terminal.text, /Interrupted\./);
    await nothingIsLeft(file);
  });

  it("begins the same on this machine where no host can be booted", async () => {
    terminal = new Terminal(["setpriv", "--bounding-set=-sys_admin", "npm", "start"]);
    const file = join(await folder(), "kind");
    // plain-user.test.ts goes on from here.
    await terminal.shows(/<h1>This is version 1<\/h1>/);
    terminal.pressCtrlC();
    assert.notEqual(await terminal.ended(), 0);
    assert.match(
      terminal.text,
      /There are no throw-away hosts to try this on: this machine lets root make no namespaces/,
    );
    assert.match(terminal.text, /the unit is left out, and you see the page's file/);
    assert.ok(!existsSync("/nix/var/nix/profiles/site"));
    await nothingIsLeft(file);
  });
});

/** Of a tour, known by a file in its folder: no folder, no roots, no process that works for it. */
async function nothingIsLeft(file: string): Promise<void> {
  const folder = join(file, "..");
  assert.ok(!existsSync(folder));
  const { stdout } = await run(["pgrep", "-af", folder]);
  assert.equal(stdout, "");
  assert.ok(!existsSync(rootsOf(folder)));
}

/** Where the roots of a tour's build lie on this machine. Other tests have builds of the same name meanwhile. */
function rootsOf(folder: string): string {
  const urn = `urn:pulumi:tour-${basename(folder)}::quickstart::pulumi-nodejs:dynamic/nix:NixBuild::site`;
  return join("/var/lib/pulumi-nix/roots", resourceId(urn, undefined));
}

/** Every file that is not made from others. The checkout may be a copy without its history, and git not there. */
function checkoutState(): Promise<string> {
  return shell(`cd ${checkout} && sh setup/check/files.sh | xargs sha256sum`);
}

async function shell(command: string): Promise<string> {
  return output(command, await run(["sh", "-c", command]));
}

/** What the set-up said, but how long it took: whatever it has to do is a line more. */
function setUp(told: string): string[] {
  const [, text = ""] = /^Setting up\..*\n([^]*?)\n== /m.exec(told) ?? [];
  const lines = text.split("\n").map((line) => line.replace(/ +/g, " ").replace(/ \d+\.\d s$/, ""));
  return lines.filter((line) => line !== "" && line !== " waiting for another set-up on this machine");
}

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}
