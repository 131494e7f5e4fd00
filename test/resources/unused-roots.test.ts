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
        // One is being built, and somebody has laid a file of his own beside roots.
        const building = await rooted("build-2", 40);
        await rooted("build-2");
        await host.sh(`cd ${ofResources} && mv build-2/link-${made} build-2/.built && touch copy-10/note`);
        const rule = wanted({ copies: ["copy-1"], removeUnusedAfter: "30d" });
        await collection.preview(rule);
        assert.match(collection.said[0] ?? "", /would be collected\nthe roots of copy-10 would go$/);
        assert.deepEqual(await Promise.all(unused.map(isThere)), [true, true]);
        const state = await collection.up(rule);
        assert.deepEqual(state["removedRoots"], ["copy-10"]);
        const there = await Promise.all([inUse, ...unused, ...changed, building].map(isThere));
        assert.deepEqual(there, [true, false, false, true, true, true]);
        assert.equal(await host.sh(`ls ${ofResources}`), "build-1\nbuild-2\ncopy-1\ncopy-10");
        assert.equal(await host.sh(`ls -A ${ofResources}/copy-10`), "note");
        const said = collection.said.join("\n");
        assert.match(said, /^info: roots went on \S+, of resources that are not in use: copy-10$/m);
        assert.match(said, /^info: other resources keep paths on [^]*\nbuild-1 since .*\nbuild-1 since .*$/m);
      },
    );

    inTurn("finds none where no resource of ours has a root", async () => {
      const state = await collection.up(wanted({ copies: ["copy-1"], removeUnusedAfter: "30d" }));
      assert.deepEqual(state["removedRoots"], []);
    });

    inTurn(
      "removes none without being told which are in use, and how old the others have to be",
      async () => {
        const one = await rooted("copy-1", 400);
        const reasons = (more: object): string[] => {
          const inputs = { ...wanted(more) };
          return checkInputs(untyped(hostGarbageCollection), inputs).problems.map(({ reason }) => reason);
        };
        const needed = "needs copies: the ids of all resources whose roots stay";
        assert.deepEqual(reasons({ removeUnusedAfter: "30d" }), [needed]);
        assert.deepEqual(reasons({ removeUnusedAfter: "30d", copies: [] }), [needed]);
        assert.deepEqual(reasons({ removeUnusedAfter: "0d", copies: ["one"] }), [
          "must be longer than nothing",
        ]);
        await collection.up(wanted({ copies: [] }));
        assert.equal(await isThere(one), true);
      },
    );
  });
