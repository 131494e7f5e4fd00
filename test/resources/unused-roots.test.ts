import assert from "node:assert/strict";
import { checkInputs } from "../../provider/check";
import { hostGarbageCollection } from "../../provider/resources/host-garbage-collection";
import { byTurns, type Host, sharedFleet, suites } from "../fleet";
import { Managed, untyped } from "./managed";
import { storePathOn } from "./store-path-on";

let made = 0;

for (const suite of suites)
  describe(`a garbage collection and the roots of resources on ${suite}`, function () {
    const inTurn = byTurns(suite);
    let host: Host;
    let collection: Managed;

    before(async () => {
      host = (await sharedFleet({ [suite]: 1 }))[suite][0] as Host;
    });
    beforeEach(() => {
      collection = new Managed(untyped(hostGarbageCollection), "urn:garbage");
    });
    afterEach(async () => {
      await collection.close();
      await host.sh("rm -rf /var/lib/pulumi-nix");
    });

    const wanted = (more: object = {}): object => ({ connection: host.connection(), ...more });
    const isThere = async (one: string): Promise<boolean> =>
      (await host.trySh(`nix-store --check-validity ${one}`)).code === 0;
    const ofResources = "/var/lib/pulumi-nix/roots";
    /** Has a resource keep a path, for so many days. */
    const rooted = async (id: string, days = 0): Promise<string> => {
      const one = await storePathOn(host, `rooted-${++made}`, `echo ${made} >$out`);
      const link = `${ofResources}/${id}/link-${made}`;
      await host.sh(`mkdir -p ${ofResources}/${id}; nix-store --realise ${one} --indirect --add-root ${link}
        touch -h -d "@$(($(date +%s) - ${days} * 86400))" ${link}`);
      return one;
    };

    inTurn("tells of what other resources keep there, and leaves it", async () => {
      const [one, two] = [await rooted("copy-1"), await rooted("copy-2")];
      await collection.up(wanted());
      assert.doesNotMatch(collection.said.join("\n"), /other resources/);
      await collection.ensure(wanted({ copies: ["copy-1"] }));
      assert.match(
        collection.said.join("\n"),
        new RegExp(
          `^info: other resources keep paths on \\S+ \\(when no stack has a ClosureCopy, SystemdUnit or NixBuild with that id any more: rm -r /var/lib/pulumi-nix/roots/ID\\):\ncopy-2 since \\d{4}-\\d\\d-\\d\\d: ${two}$`,
          "m",
        ),
      );
      assert.deepEqual([await isThere(one), await isThere(two)], [true, true]);
      await collection.ensure(wanted({ copies: ["copy-1", "copy-2"] }));
      assert.equal(collection.said.filter((line) => line.includes("other resources")).length, 1);
    });

    inTurn(
      "removes roots of resources that are not in use, once the newest of one is old enough",
      async () => {
        const inUse = await rooted("copy-1", 40);
        const unused = [await rooted("copy-10", 40), await rooted("copy-10", 31)];
        const changed = [await rooted("build-1", 40), await rooted("build-1", 29)];
        const rule = wanted({ copies: ["copy-1"], removeUnusedAfter: "30d" });
        await collection.preview(rule);
        assert.match(collection.said[0] ?? "", /would be collected\nthe roots of copy-10 would go$/);
        assert.deepEqual(await Promise.all(unused.map(isThere)), [true, true]);
        const state = await collection.up(rule);
        assert.deepEqual(state["removedRoots"], ["copy-10"]);
        const there = await Promise.all([inUse, ...unused, ...changed].map(isThere));
        assert.deepEqual(there, [true, false, false, true, true]);
        assert.equal(await host.sh(`ls ${ofResources}`), "build-1\ncopy-1");
        const said = collection.said.join("\n");
        assert.match(said, /^info: roots went on \S+, of resources that are not in use: copy-10$/m);
        assert.match(said, /^info: other resources keep paths on [^]*\nbuild-1 since .*\nbuild-1 since .*$/m);
      },
    );

    inTurn("removes no roots without being told which are in use", async () => {
      const one = await rooted("copy-1", 400);
      const { problems } = checkInputs(untyped(hostGarbageCollection), {
        ...wanted({ removeUnusedAfter: "30d" }),
      });
      assert.deepEqual(problems, [
        {
          property: "removeUnusedAfter",
          reason: "needs copies: the ids of all resources whose roots stay",
        },
      ]);
      await collection.up(wanted({ copies: [] }));
      assert.equal(await isThere(one), true);
    });
  });
