import assert from "node:assert/strict";
import { join } from "node:path";
import { Hosts } from "../../provider/host/pool";
import { loadProgram, runProgram } from "../../provider/host/program";
import { connectionSchema } from "../../provider/connection";
import { linkShell, sharedFleet, shells, suites, type Host } from "../fleet";

const program = ["profile.sh", "generations.sh"]
  .map((name) => loadProgram(join(__dirname, "../../provider/activation", name)).text)
  .join("\n");
const day = 86_400;

for (const suite of suites)
  describe(`of the generations of a profile on ${suite} with ${shells[suite]}`, function () {
    const hosts = new Hosts();
    let host: Host;

    before(async () => {
      host = (await sharedFleet({ [suite]: 1 }))[suite][0] as Host;
      await linkShell(host);
      // So many days ago they came; the fifth one now.
      const ages = [100, 80, 60, 1, 0];
      const made = ages.map(
        (age, index) =>
          `ln -s /nix/store/path-${index + 1} web-${index + 1}-link; touch -h -d "@$(($(date +%s) - ${age} * ${day}))" web-${index + 1}-link`,
      );
      await host.sh(
        `mkdir -p /nix/store /tmp/generations; cd /tmp/generations; ${made.join("; ")}; ln -s web-5-link web`,
      );
      await host.sh("cd /tmp/generations; ln -s /nix/store/path-1 web-other-1-link; ln -s nowhere web--link");
    });
    after(() => Promise.all([hosts.close(), linkShell(host, "dash")]));

    const spare = async (keep: number, days: number, staying: readonly string[] = []): Promise<string> => {
      const machine = await hosts.get(connectionSchema.parse(host.connection()));
      const text = `${program}\nprofile=/tmp/generations/web\nspare_generations "$@"`;
      const args = [String(keep), String(days * day), staying.join("\n")];
      const { stdout } = await runProgram(machine, { name: "spare", text }, args, { doing: "looking" });
      return stdout.trim().split("\n").join(" ");
    };

    it("none goes without a rule", async () => {
      assert.equal(await spare(0, 0), "");
    });

    it("the newest ones stay by number", async () => {
      assert.equal(await spare(2, 0), "3 2 1");
      assert.equal(await spare(1, 0), "4 3 2 1");
      assert.equal(await spare(5, 0), "");
    });

    it("one is as old as the one that came behind it", async () => {
      assert.equal(await spare(0, 70), "1");
      assert.equal(await spare(0, 30), "2 1");
      assert.equal(await spare(0, 90), "");
    });

    it("one goes only if neither rule keeps it", async () => {
      assert.equal(await spare(2, 30), "2 1");
      assert.equal(await spare(4, 30), "1");
      assert.equal(await spare(1, 70), "1");
    });

    it("the current one stays, and so does what is said to", async () => {
      await host.sh("ln -sfn web-2-link /tmp/generations/web");
      assert.equal(await spare(1, 0), "4 3 1");
      assert.equal(await spare(1, 0, ["/nix/store/path-3", "/nix/store/path-9"]), "4 1");
      await host.sh("ln -sfn web-5-link /tmp/generations/web");
    });

    it("a clock that was set back lets the number decide", async () => {
      await host.sh(`touch -h -d "@$(($(date +%s) + ${day}))" /tmp/generations/web-4-link`);
      assert.equal(await spare(2, 0), "3 2 1");
      assert.equal(await spare(2, 1), "2 1");
    });
  });
