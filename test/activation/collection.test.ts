import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { RefusedError } from "../../provider/errors";
import { closureCopy } from "../../provider/resources/closure-copy";
import { hostGarbageCollection } from "../../provider/resources/host-garbage-collection";
import { profileActivation } from "../../provider/resources/profile-activation";
import { bring } from "../examples/nixos-system";
import { until } from "../faults/until";
import {
  environment,
  linkShell,
  run,
  setEnvironment,
  sharedFleet,
  shells,
  suites,
  type Host,
} from "../fleet";
import { output } from "../fleet/script";
import { Managed, untyped } from "../resources/managed";
import { entryPoint, storePathOn } from "../resources/store-path-on";

let made = 0;

for (const suite of suites)
  describe(`what goes on while garbage is collected on ${suite} with ${shells[suite]}`, function () {
    let host: Host;
    let collection: Managed;
    let activation: Managed;
    let restoreEnvironment: () => void;
    /** Done while the activation waits to be confirmed. */
    let whileArmed: () => Promise<unknown>;

    before(async () => {
      restoreEnvironment = setEnvironment(environment());
      host = (await sharedFleet({ [suite]: 1 }))[suite][0] as Host;
      await linkShell(host);
    });
    after(() => restoreEnvironment());
    after(() => linkShell(host, "dash"));
    beforeEach(() => {
      whileArmed = () => Promise.resolve();
      collection = new Managed(untyped(hostGarbageCollection), "urn:garbage");
      activation = new Managed(untyped(profileActivation), "urn:armed", {
        beforeConfirm: () => whileArmed(),
      });
    });
    afterEach(async () => {
      await Promise.all([collection.close(), activation.close()]);
      await host.sh("rm -rf /nix/var/nix/profiles/armed* /var/lib/pulumi-nix /home/alice/.local/state");
    });

    const good = (): Promise<string> => storePathOn(host, `armed-${++made}`, entryPoint(`true ${made}`));
    const isThere = async (one: string): Promise<boolean> =>
      (await host.trySh(`nix-store --check-validity ${one}`)).code === 0;
    const asAlice = (path: string): object => ({
      connection: host.connection({ user: "alice" }),
      profile: "armed",
      path,
    });
    const collect = (): Promise<unknown> =>
      collection.ensure({ connection: host.connection(), keepGenerations: 1 });
    const left = (): Promise<string> =>
      host.sh("ls -d /var/lib/pulumi-nix/removals /var/lib/pulumi-nix/lock 2>/dev/null || true");
    const alices = "/home/alice/.local/state/pulumi-nix/profiles/*/deployments/*/root-*";

    it("a deployment of another user that waits to be confirmed keeps what it needs, there and back", async () => {
      const [one, two] = [await good(), await good()];
      await activation.up(asAlice(one));
      whileArmed = async () => {
        for (let round = 0; round < 3; round++) await collect();
        // Whoever else collects removes old generations too.
        await host.sh("nix-collect-garbage --delete-old", { user: "alice" });
        assert.deepEqual([await isThere(one), await isThere(two)], [true, true]);
      };
      const state = await activation.up(asAlice(two));
      assert.equal(state["activePath"], two);
      assert.equal(await isThere(two), true);
    });

    it("without the roots of its own it would lose that: this is what the collection does", async () => {
      const [one, two] = [await good(), await good()];
      await activation.up(asAlice(one));
      whileArmed = async () => {
        await host.sh(`rm ${alices}`);
        await collect();
        assert.equal(await isThere(two), false);
      };
      await assert.rejects(activation.up(asAlice(two)), new RegExp(`activating ${two} on \\S+ failed: `));
      assert.equal(await isThere(one), true);
    });

    it("a deployment of the same run and user is waited for", async () => {
      const [one, two] = [await good(), await good()];
      const inputs = { connection: host.connection(), profile: "armed" };
      await activation.up({ ...inputs, path: one });
      let collecting: Promise<unknown> = Promise.resolve();
      let ended = false;
      const yardstick = new Managed(untyped(hostGarbageCollection), "urn:yardstick");
      whileArmed = async () => {
        collecting = collect().finally(() => (ended = true));
        collecting.catch(() => undefined);
        // One that does not have to wait has begun later, and is through twice.
        for (let round = 0; round < 2; round++)
          await yardstick.ensure({ connection: host.connection({ user: "alice" }) });
        assert.equal(ended, false);
      };
      const state = await activation.up({ ...inputs, path: two }).finally(() => yardstick.close());
      assert.equal(state["generation"], 2);
      await collecting;
      assert.deepEqual([await isThere(one), await isThere(two)], [true, true]);
      assert.equal(await left(), "");
    });

    it("keeps others out while it goes on, who are told of it", async () => {
      await host.sh("cat >/usr/local/bin/nix-store; chmod +x /usr/local/bin/nix-store", {
        input: `#!/bin/sh
[ "$1" = --gc ] || exec /usr/bin/nix-store "$@"
touch /tmp/collected.held; while [ ! -e /tmp/collected.go ]; do sleep 0.05; done`,
      });
      const going = collect();
      going.catch(() => undefined);
      try {
        const record = await until("it is held", async () => {
          const held = await host.trySh(
            "[ -e /tmp/collected.held ] && ls /var/lib/pulumi-nix/removals/*/record",
          );
          return held.stdout.trim() || undefined;
        });
        await host.sh(`echo 'run another' >>${record}`);
        const inputs = {
          connection: host.connection(),
          profile: "armed",
          kind: "noop",
          path: await good(),
        };
        await assert.rejects(
          activation.up(inputs),
          /failed: locked by removal \w+ of garbage in the Nix store, begun by \S+ at \S+ \d+ s ago\nhint: wait/,
        );
      } finally {
        await host.sh("touch /tmp/collected.go");
        await going;
        await host.sh("rm /tmp/collected.* /usr/local/bin/nix-store");
      }
      assert.equal(await left(), "");
    });

    it("while another coordinator deploys is refused by name", async () => {
      const slow = await storePathOn(
        host,
        "slow",
        `mkdir -p $out/bin; printf '#!/bin/sh\\ntouch /tmp/collected.held; while [ ! -e /tmp/collected.go ]; do sleep 0.05; done\\n' >$out/bin/pulumi-nix-activate; chmod +x $out/bin/pulumi-nix-activate`,
      );
      const inputs = { connection: host.connection(), profile: "armed" };
      const going = activation.up({ ...inputs, path: slow });
      going.catch(() => undefined);
      try {
        const record = await until("it is held", async () => {
          const held = await host.trySh(
            "[ -e /tmp/collected.held ] && ls /var/lib/pulumi-nix/profiles/*/deployments/*/record",
          );
          return held.stdout.trim() || undefined;
        });
        await host.sh(`echo 'run another' >>${record}`);
        await assert.rejects(collect(), (error: unknown) => {
          assert.ok(error instanceof RefusedError);
          assert.match(
            error.message,
            /failed: locked by deployment \w+ of \/nix\/var\/nix\/profiles\/armed, begun by /,
          );
          return true;
        });
      } finally {
        await host.sh("touch /tmp/collected.go");
        await going;
        await host.sh("rm /tmp/collected.*");
      }
    });

    it("copies arrive whole", async () => {
      const enough = new AbortController();
      const loop = (async () => {
        while (!enough.signal.aborted) await collect();
      })();
      const copies: Managed[] = [];
      try {
        for (let round = 0; round < 5; round++) {
          const copy = new Managed(untyped(closureCopy), `urn:armed-${round}`);
          copies.push(copy);
          const [path, below] = await pairHere(`${process.pid}-${Date.now()}`);
          // Nothing leads to it but the copy, once that has begun.
          await bring(host, below);
          await copy.up({ connection: host.connection(), path });
          const closure = (await host.sh(`nix-store --query --requisites ${path}`)).split("\n");
          assert.equal(closure.length, 2);
          await host.sh(`nix-store --verify-path ${closure.join(" ")}`);
        }
      } finally {
        enough.abort();
        await Promise.all([loop, ...copies.map((copy) => copy.close())]);
      }
    });
  });

/** Builds a path here that refers to another. */
async function pairHere(salt: string): Promise<[path: string, below: string]> {
  const expression = `let
    make = name: command: derivation {
      name = "\${name}-${salt}"; system = builtins.currentSystem; PATH = "/usr/bin:/bin";
      builder = "/bin/sh"; args = [ "-ec" command ];
    };
    below = make "below" "head -c 3000000 /dev/urandom >$out";
  in make "above" "echo \${below} >$out"`;
  const { NIX_CONFIG = "" } = environment();
  const build = [
    "env",
    `NIX_CONFIG=${NIX_CONFIG}`,
    "nix-build",
    "--no-out-link",
    "--quiet",
    "-E",
    expression,
  ];
  const path = output("nix-build", await run(build));
  return [path, readFileSync(path, "utf8").trim()];
}
