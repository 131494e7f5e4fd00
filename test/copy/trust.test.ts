import assert from "node:assert/strict";
import { connectionSchema } from "../../provider/connection";
import { admissions, type Trust } from "../../provider/copy/admission";
import { storeSource } from "../../provider/copy/closure-source";
import { copyClosure, type CopyReport } from "../../provider/copy/copy";
import type { Admission, Destination } from "../../provider/copy/destination";
import { foreseenRefusal } from "../../provider/copy/foreseen";
import { RefusedError } from "../../provider/errors";
import type { Host } from "../../provider/host/host";
import { Hosts } from "../../provider/host/pool";
import { closureHere } from "../../provider/nix/contents";
import { signed } from "../../provider/nix/signature";
import { generateKeys, parseSecretKey } from "../../provider/nix/signing-keys";
import { closureCopy } from "../../provider/resources/closure-copy";
import type { StorePath } from "../../provider/values";
import { environment, run, setEnvironment, sharedFleet, type Host as TestHost, type Suite } from "../fleet";
import { output } from "../fleet/script";
import { configureNix } from "../nix/nix-conf";
import { infoOn } from "../nix/infos-on";
import { Managed, untyped } from "../resources/managed";

for (const suite of ["bookworm", "trixie"] satisfies Suite[]) {
  describe(`a copy to ${suite} by a login that its daemon does not trust`, () => {
    const keys = generateKeys(`release-${suite}`);
    let machine: TestHost;
    let hosts: Hosts;
    let controller: Host;
    let alice: Host;
    let restoreEnvironment: () => void;
    let made = 0;

    before(async () => {
      restoreEnvironment = setEnvironment(environment());
      machine = (await sharedFleet({ [suite]: 1 }))[suite][0] as TestHost;
    });
    beforeEach(async () => {
      await configureNix(machine);
      hosts = new Hosts();
      controller = await hosts.get(connectionSchema.parse({ local: true }));
      alice = await hosts.get(connectionSchema.parse(machine.connection({ user: "alice" })));
    });
    afterEach(() => hosts.close());
    after(async () => {
      await configureNix(machine);
      restoreEnvironment();
    });

    /** Three paths, each of which refers to the one before. */
    const build = async (): Promise<StorePath> => {
      const mark = `trust-${suite}-${process.pid}-${(made += 1)}`;
      const expression = `let path = name: before: derivation {
          name = "${mark}-\${name}"; inherit before; system = builtins.currentSystem; builder = "/bin/sh";
          args = [ "-c" "echo $before $out > $out" ]; };
        in path "top" (path "middle" (path "bottom" ""))`;
      return output("nix-build", await run(["nix-build", "--no-out-link", "-E", expression])) as StorePath;
    };
    const copy = (path: StorePath, admit: readonly Admission[], room?: Admission): Promise<CopyReport> =>
      copyClosure({
        room,
        source: storeSource(controller),
        target: { host: alice, as: undefined },
        paths: [path],
        root: () => Promise.resolve(),
        admit,
      });
    const asked = (trust: Trust): Admission[] => admissions({ host: alice, as: undefined }, trust);
    const closureOf = async (path: StorePath): Promise<string[]> =>
      output("nix-store", await run(["nix-store", "-qR", path])).split("\n");
    /** What of the closure is on the machine. */
    const arrived = async (path: StorePath): Promise<string[]> => {
      const closure = await closureOf(path);
      const valid = await machine.sh(`nix-store --check-validity --print-invalid ${closure.join(" ")}`);
      const files = (await machine.trySh(`ls -d ${closure.join(" ")}`)).stdout.split("\n");
      return closure.filter((one) => !valid.split("\n").includes(one) || files.includes(one));
    };
    const trustKey = (): Promise<void> =>
      configureNix(machine, `extra-trusted-public-keys = ${keys.publicKey}`);
    const failure = async (copying: Promise<unknown>): Promise<RefusedError> => {
      const error = await copying.then(
        () => assert.fail("it was copied"),
        (error: unknown) => error,
      );
      assert.ok(error instanceof RefusedError, String(error));
      return error;
    };

    it("brings what is signed with a key that the machine trusts, and the signatures stay there", async () => {
      await trustKey();
      const path = await build();
      const report = await copy(path, asked({ signWith: keys.secretKey }));
      assert.deepEqual([report.paths, report.copied], [3, 3]);
      await machine.sh(`nix-store --verify-path $(nix-store -qR ${path})`);
      for (const one of await closureOf(path)) {
        const { signatures } = await infoOn(machine, one);
        assert.deepEqual(
          signatures.map((text) => text.split(":")[0]),
          [`release-${suite}`],
        );
      }
      const here = await run([
        "nix",
        "--extra-experimental-features",
        "nix-command",
        "path-info",
        "--sigs",
        path,
      ]);
      assert.doesNotMatch(here.stdout, /release-/);
    });

    it("of what is not signed is refused before anything has travelled", async () => {
      const path = await build();
      const error = await failure(copy(path, asked({})));
      assert.match(error.message, /does not trust the login "alice", and all of them lack a signature/);
      assert.equal(error.changed, undefined);
      assert.deepEqual(await arrived(path), []);
    });

    it("would without that be refused in the middle, by the daemon", async () => {
      await trustKey();
      const path = await build();
      const [bottom] = await closureOf(path);
      const key = parseSecretKey(keys.secretKey);
      const signBottom: Admission = async (missing) =>
        missing.map((info) => (info.path === bottom ? signed(info, [key]) : info));
      const early = await failure(copy(path, [signBottom, ...asked({})]));
      assert.match(early.message, /2 of them lack a signature that it accepts: \S+-middle, \S+-top\n/);
      assert.deepEqual(await arrived(path), []);
      const late = await failure(copy(path, [signBottom]));
      assert.match(late.message, /lacks a (valid )?signature/);
      assert.match(late.changed ?? "", /^1 of the 3 paths arrived whole/);
      assert.deepEqual(await arrived(path), [bottom]);
    });

    it("is refused by the daemon, too, when a bit of a signature is another", async () => {
      await trustKey();
      const path = await build();
      const flip: Admission = async (missing) =>
        missing.map((info) => ({
          ...info,
          signatures: info.signatures.map((text) =>
            text.replace(/:./, (start) => (start === ":A" ? ":B" : ":A")),
          ),
        }));
      const [sign, ...others] = asked({ signWith: keys.secretKey }) as [Admission, ...Admission[]];
      assert.match(
        (await failure(copy(path, [sign, flip, ...others]))).message,
        /all of them lack a signature/,
      );
      assert.match((await failure(copy(path, [sign, flip]))).message, /lacks a (valid )?signature/);
      assert.deepEqual(await arrived(path), []);
    });

    it("is told by the daemon itself when that does not work by its nix.conf yet", async () => {
      await machine.sh(`echo 'extra-trusted-public-keys = ${keys.publicKey}' >>/etc/nix/nix.conf`);
      const path = await build();
      const late = await failure(copy(path, asked({ signWith: keys.secretKey })));
      assert.match(late.message, /lacks a (valid )?signature[^]*\nhint: .* systemctl restart nix-daemon$/);
      assert.match(late.message, /failed: the Nix daemon there does not trust the login "alice"\n/);
      assert.match(late.message, /add alice to trusted-users in \/etc\/nix\/nix\.conf there; sign the paths/);
      await machine.sh("systemctl restart nix-daemon");
      assert.equal((await copy(path, asked({ signWith: keys.secretKey }))).copied, 3);
    });

    it("is asked about again once it was refused: the run may have deployed another nix.conf meanwhile", async () => {
      const path = await build();
      await failure(copy(path, asked({ signWith: keys.secretKey })));
      await trustKey();
      assert.equal((await copy(path, asked({ signWith: keys.secretKey }))).copied, 3);
    });

    it("that is refused makes no room on the machine before", async () => {
      const looked: string[] = [];
      const room: Admission = async (missing) => (looked.push("room"), missing);
      const path = await build();
      await failure(copy(path, asked({}), room));
      assert.deepEqual(looked, []);
      await copy(path, [], room).catch(() => undefined);
      assert.deepEqual(looked, ["room"]);
    });

    it("is not asked about when nothing is missing", async () => {
      await trustKey();
      const path = await build();
      await copy(path, asked({ signWith: keys.secretKey }));
      await configureNix(machine);
      assert.equal((await copy(path, asked({}))).copied, 0);
    });

    it("brings what is not signed as soon as the machine trusts her", async () => {
      await configureNix(machine, "extra-trusted-users = @nix-users");
      const path = await build();
      assert.equal((await copy(path, asked({}))).copied, 3);
    });

    it("is foreseen for a preview, which changes nothing", async () => {
      await trustKey();
      const path = await build();
      let dialled = 0;
      const foresee = (trust: Trust, host = alice, where = path): Promise<string | undefined> => {
        const target = async (): Promise<Destination> => ({ host, as: ((dialled += 1), undefined) });
        return foreseenRefusal({
          source: storeSource(controller),
          paths: [where],
          isKnown: async (path) => (await closureHere(controller, path)) !== undefined,
          target,
          requiresSignatures: trust.requireSignatures === true,
          admissionsTo: (to) => admissions(to, trust),
        });
      };
      assert.match(
        (await foresee({})) ?? "",
        /^copying 3 paths on \S+ failed: .* all of them lack a signature/,
      );
      assert.equal(await foresee({ signWith: keys.secretKey }), undefined);
      const root = await hosts.get(connectionSchema.parse(machine.connection()));
      assert.equal(await foresee({}, root), undefined);
      const { publicKey } = generateKeys("another-1");
      const strict = { requireSignatures: true, trustedPublicKeys: [publicKey] };
      assert.match((await foresee(strict, root)) ?? "", /a valid signature of a trusted key \(another-1\)/);
      assert.deepEqual(await arrived(path), []);
      dialled = 0;
      assert.equal(await foresee({}, alice, `/nix/store/${"0".repeat(32)}-nowhere` as StorePath), undefined);
      assert.equal(dialled, 0);
      await copy(path, asked({ signWith: keys.secretKey }));
      assert.equal(await foresee({}), undefined);
    });

    it("is what a ClosureCopy does with signWith, and refuses without", async () => {
      await trustKey();
      const managed = new Managed(untyped(closureCopy), `urn::signed-${suite}`);
      const inputs = { connection: machine.connection({ user: "alice" }), path: await build() };
      try {
        await assert.rejects(managed.ensure(inputs), /does not trust the login "alice"/);
        await managed.ensure({ ...inputs, signWith: keys.secretKey, requireSignatures: true });
        // Neither is a change that anything would have to be done for.
        const asking = { ...inputs, requireSignatures: true, trustedPublicKeys: [keys.publicKey] };
        assert.deepEqual(await managed.drift(asking), []);
        await managed.destroy();
      } finally {
        await managed.close();
      }
    });

    it("is refused a ClosureCopy by root as well, where signatures are required", async () => {
      const managed = new Managed(untyped(closureCopy), `urn::required-${suite}`);
      const asking = { connection: machine.connection(), path: await build(), requireSignatures: true };
      const trusting = { ...asking, trustedPublicKeys: [keys.publicKey] };
      try {
        await assert.rejects(
          managed.ensure(asking),
          /lack a valid signature of a trusted key \(cache\.nixos\.org-1\)/,
        );
        await assert.rejects(managed.ensure(trusting), new RegExp(`trusted key \\(release-${suite}\\)`));
        await managed.ensure({ ...trusting, signWith: [keys.secretKey] });
        await managed.destroy();
      } finally {
        await managed.close();
      }
    });

    it("tells of a key that is wrong before anything else", async () => {
      const managed = new Managed(untyped(closureCopy), `urn::wrong-${suite}`);
      const inputs = { connection: machine.connection(), path: await build() };
      const { secretKey, publicKey } = keys;
      const wrong: [object, RegExp][] = [
        [{ signWith: publicKey }, /^Error: signWith: is a public key, and a secret one is needed$/],
        [{ signWith: [secretKey, `${secretKey}A`] }, /^Error: signWith\.1: is not a secret key as "nix key/],
        [{ signWith: [] }, /^Error: signWith: must not be empty$/],
        [
          { trustedPublicKeys: [secretKey] },
          /^Error: trustedPublicKeys\.0: is a secret key: give the public one/,
        ],
      ];
      for (const [more, message] of wrong)
        await assert.rejects(managed.ensure({ ...inputs, ...more }), message);
      await managed.close();
    });
  });
}
