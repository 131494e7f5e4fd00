import assert from "node:assert/strict";
import { isContentAddressed } from "../../provider/nix/content-address";
import { isAccepted, isSignedBy, signed } from "../../provider/nix/signature";
import { generateKeys, parsePublicKey, parseSecretKey } from "../../provider/nix/signing-keys";
import type { ValidPath } from "../../provider/nix/valid-path";
import { sharedFleet, type Host, type Suite } from "../fleet";
import { storePathOn } from "../resources/store-path-on";
import { infoOn } from "./infos-on";

const nix = "nix --extra-experimental-features 'nix-command ca-derivations'";

for (const suite of ["bookworm", "trixie"] satisfies Suite[]) {
  describe(`a signature, with Nix as on ${suite},`, () => {
    const { secretKey, publicKey } = generateKeys(`ours-${suite}`);
    const ours = parsePublicKey(publicKey);
    let host: Host;
    /** A path that refers to two others and to itself. */
    let top: string;

    before(async () => {
      host = (await sharedFleet({ [suite]: 1 }))[suite][0] as Host;
      const parts = ["one", "two"].map((name) =>
        storePathOn(host, `${name}-${process.pid}`, `echo ${name} > $out`),
      );
      const [one, two] = await Promise.all(parts);
      const inputs = `[ (builtins.storePath ${one}) (builtins.storePath ${two}) ]`;
      const input = `derivation { name = "top-${process.pid}"; system = builtins.currentSystem; builder = "/bin/sh";
        inputs = ${inputs}; args = [ "-c" "echo $inputs $out > $out" ]; }`;
      const drvPath = await host.sh("nix-instantiate - 2>/dev/null", { input });
      top = await host.sh(`nix-store --realise ${drvPath} 2>/dev/null`);
    });

    const infoOfTop = (): Promise<ValidPath> => infoOn(host, top);
    const changed = (text: string): string => (text.startsWith("0") ? "1" : "0") + text.slice(1);

    it("that we make is the one that Nix makes, and Nix accepts it", async () => {
      const info = await infoOfTop();
      assert.equal(info.references.length, 3);
      const [made] = signed(info, [parseSecretKey(secretKey)]).signatures;
      await host.sh(`cat >/run/key; ${nix} store sign -k /run/key ${top}; rm /run/key`, { input: secretKey });
      assert.deepEqual((await infoOfTop()).signatures, [made]);
      const verify = `${nix} store verify --no-contents --sigs-needed 1 ${top} --trusted-public-keys`;
      await host.sh(`${verify} ${publicKey}`);
      const { publicKey: another } = generateKeys(`ours-${suite}`);
      assert.notEqual((await host.trySh(`${verify} ${another}`)).code, 0);
    });

    it("that Nix makes is accepted, and added to by ours, once", async () => {
      const its = await host.sh(`${nix} key generate-secret --key-name its-1 | tee /run/key`);
      await host.sh(`${nix} store sign -k /run/key ${top}; rm /run/key`);
      const info = await infoOfTop();
      const theirs = parsePublicKey(parseSecretKey(its).publicKey);
      assert.ok(isSignedBy(info, [theirs]));
      const without = { ...info, signatures: info.signatures.filter((text) => text.startsWith("its-1:")) };
      assert.ok(!isSignedBy(without, [ours]));
      const both = signed(signed(without, [parseSecretKey(secretKey)]), [parseSecretKey(secretKey)]);
      assert.equal(both.signatures.length, 2);
      assert.ok(isSignedBy(both, [ours]) && isSignedBy(both, [theirs]));
    });

    it("is refused when anything that it is of is another, or a bit of it, or the key", async () => {
      const info = signed({ ...(await infoOfTop()), signatures: [] }, [parseSecretKey(secretKey)]);
      assert.ok(
        isSignedBy({ ...info, references: [...info.references].reverse(), deriver: info.path }, [ours]),
      );
      const [signature = ""] = info.signatures;
      const others: Partial<ValidPath>[] = [
        { narHash: changed(info.narHash) },
        { narSize: info.narSize + 1 },
        { references: info.references.slice(1) },
        { path: `${info.path}x` as ValidPath["path"] },
        { signatures: [signature.replace(/:./, (start) => (start === ":A" ? ":B" : ":A"))] },
        { signatures: [signature.slice(0, -4)] },
        { signatures: [signature.replace("ours", "hers")] },
        { signatures: [signature.replace(":", "")] },
        { signatures: [] },
      ];
      for (const other of others)
        assert.ok(!isAccepted({ ...info, ...other }, [ours]), Object.entries(other).join());
      assert.ok(!isSignedBy(info, [parsePublicKey(generateKeys(ours.name).publicKey)]));
      assert.ok(!isSignedBy(info, []));
    });

    it("is not needed by a path that is named by what it holds, of any kind that Nix has", async () => {
      await host.sh("mkdir -p /run/content; echo content >/run/content/file");
      const toFile = `builtins.toFile "text" "of \${builtins.toFile "part" "it"}"`;
      const rewritten = `${nix} store make-content-addressed --json ${top}`;
      const paths = [
        await host.sh("nix-store --add /run/content"),
        await host.sh("nix-store --add-fixed sha256 /run/content/file"),
        await host.sh("nix-store --add-fixed sha512 /run/content/file"),
        await host.sh("nix-store --add-fixed --recursive sha1 /run/content"),
        JSON.parse(await host.sh("nix-instantiate --eval --read-write-mode -", { input: toFile })) as string,
        ...(await host.sh(rewritten)).matchAll(/\/nix\/store\/[^"]*-top-[^"]*/g),
      ].map(String);
      const rewrites = paths.filter((path) => path !== top);
      assert.equal(rewrites.length, 6);
      for (const path of rewrites) {
        const info = await infoOn(host, path);
        assert.match(info.ca, /^(text|fixed):/);
        assert.ok(isContentAddressed(info) && isAccepted(info, []), JSON.stringify(info));
        const last = info.ca.endsWith("0") ? "1" : "0";
        assert.ok(!isContentAddressed({ ...info, ca: info.ca.slice(0, -1) + last }), path);
        assert.ok(
          !isContentAddressed({ ...info, references: [...info.references, top as ValidPath["path"]] }),
        );
        assert.ok(!isContentAddressed({ ...info, ca: "" }));
      }
      assert.ok(!isContentAddressed(await infoOfTop()));
    });
  });
}
