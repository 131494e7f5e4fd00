import assert from "node:assert/strict";
import { coordinator } from "../../provider/deployment/coordinator";
import { profileActivation } from "../../provider/resources/profile-activation";
import { oneSuite, sharedFleet, type Host } from "../fleet";
import { Managed, untyped } from "../resources/managed";
import { entryPoint, storePathOn } from "../resources/store-path-on";
import { on } from "./command-line";
import { waitingDeployment } from "./deployments";

const me = coordinator();
const short = (path: string): string => path.replace(/^\/nix\/store\/(.{8})[^-]*/, "$1");

for (const suite of oneSuite("bookworm")) {
  describe(`the history of a host of ${suite}`, function () {
    const link = "/nix/var/nix/profiles/told";
    let host: Host;
    let managed: Managed;
    let paths: { one: string; two: string; bad: string };

    before(async () => {
      host = (await sharedFleet({ [suite]: 1 }))[suite][0] as Host;
      paths = {
        one: await storePathOn(host, "told-1", entryPoint("echo one is said")),
        two: await storePathOn(host, "told-2", entryPoint("true")),
        bad: await storePathOn(host, "told-bad", entryPoint("echo the reason; exit 3")),
      };
      await host.sh("rm -rf /var/lib/pulumi-nix");
      managed = new Managed(untyped(profileActivation), "urn:told");
    });
    after(async () => {
      await managed.close();
      await host.sh(`rm -rf ${link}* /var/lib/pulumi-nix`);
    });

    const inputs = (path: string): object => ({ connection: host.connection(), profile: "told", path });

    it("is empty where nothing was deployed", async () => {
      const { code, stdout } = await on(host, "history");
      assert.deepEqual([code, stdout], [0, "no deployments\n"]);
    });

    it("lists what was done, taken back, refused and goes on, the newest first", async () => {
      const { one, two, bad } = paths;
      await managed.up(inputs(one));
      await assert.rejects(managed.up(inputs(bad)));
      await assert.rejects(managed.up(inputs("/nix/store/00000000000000000000000000000000-missing")));
      await waitingDeployment(host, inputs(two));
      const { code, stdout } = await on(host, "history");
      assert.equal(code, 0);
      const [head = "", ...rows] = stdout.trimEnd().split("\n");
      assert.match(head, /^ID +WHEN \(UTC\) +SUBJECT +FROM → TO +BY +RESULT$/);
      const shown = rows.map((row) => row.split(/  +/).slice(2));
      assert.deepEqual(shown, [
        [link, `${short(one)} → ${short(two)}`, me, "waiting"],
        [link, `${short(one)} → 00000000-missing`, me, "refused: it is not in the Nix store there"],
        [
          link,
          `${short(one)} → ${short(bad)}`,
          me,
          "restored: bin/pulumi-nix-activate ended with exit code 3",
        ],
        [link, `- → ${short(one)}`, me, "done"],
      ]);
      for (const row of rows) assert.match(row, /^[0-9a-f]{16}  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d  /);
    });

    it("tells all about one, with what was said, by the beginning of its id", async () => {
      const [, , failed] = await listed();
      const { code, stdout } = await on(host, "history", String(failed?.id).slice(0, 8));
      assert.equal(code, 0);
      assert.match(stdout, new RegExp(`^deployment +${failed?.id}\nof +${link}\nby +${me}\nbegan`));
      assert.match(stdout, new RegExp(`\nto +${paths.bad}\nkind +custom\n`));
      assert.match(stdout, new RegExp(`\nwas target +${paths.one}\n`));
      assert.match(stdout, new RegExp(`\nis target +${paths.one}\n`));
      assert.match(
        stdout,
        /\n\nthe reason\nfailed: bin\/pulumi-nix-activate ended with exit code 3\none is said\n$/,
      );
    });

    it("reads records in which a full disk has left empty lines", async () => {
      const before = await listed();
      await host.sh("sed -i 3G /var/lib/pulumi-nix/*/*/deployments/*/record");
      const still = (all: Record<string, string>[]): unknown[] => all.map(({ age: _age, ...rest }) => rest);
      assert.deepEqual(still(await listed()), still(before));
    });

    it("refuses an id that none or several have", async () => {
      for (const id of ["nothing", ""]) {
        const { code, stderr } = await on(host, "history", id);
        assert.equal(code, 1);
        assert.match(stderr, /none or several have an id that begins so/);
      }
    });

    it("shows another coordinator's that was locked out", async () => {
      const other = new Managed(untyped(profileActivation), "urn:other");
      // One that goes on and is another run's: as if it came from elsewhere.
      await host.sh(
        "for r in $(grep -L '^ended' /var/lib/pulumi-nix/*/*/deployments/*/record); do echo 'run other' >>$r; done",
      );
      await assert.rejects(other.ensure(inputs(paths.one)), /locked by deployment/);
      await other.close();
      const [newest, waiting] = await listed();
      assert.equal(newest?.result, "locked");
      assert.match(
        String(newest.reason),
        new RegExp(`^locked by deployment ${waiting?.id} of ${link}, begun by ${me}`),
      );
      assert.equal((await on(host, "unlock", "--force")).code, 0);
      assert.deepEqual(
        (await listed()).map(({ result }) => result),
        ["locked", "restored", "refused", "restored", "done"],
      );
    });

    async function listed(): Promise<Record<string, string>[]> {
      return JSON.parse((await on(host, "history", "--json")).stdout) as Record<string, string>[];
    }
  });
}
