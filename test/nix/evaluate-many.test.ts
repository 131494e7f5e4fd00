import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectionSchema } from "../../provider/connection";
import { Hosts } from "../../provider/host/pool";
import type { BuildSource } from "../../provider/nix/build-source";
import { evaluateAll, type Evaluation } from "../../provider/nix/evaluate";
import { environment, setEnvironment, sharedFleet, type Suite } from "../fleet";
import { Counting, oneWorker } from "./counting";

/** Ten systems that share a base, five of them bad in ways that nothing in Nix can catch. */
const systems = `let
  make = name: derivation { inherit name; system = "x86_64-linux"; builder = "/bin/sh"; args = [ "-c" "exit 1" ]; };
  deep = n: 1 + deep (n + 1);
  many = toString (builtins.genList (n: n) 50);
  base = builtins.trace "the base is evaluated" "base";
in {
  good0 = make "good0-\${base}";
  aborted = abort "it gives up";
  good1 = make "good1-\${base}";
  missing = { a = 1; }.b;
  recursion = make (toString (deep 0));
  good2 = builtins.trace "evaluation warning: good2 is old" (builtins.trace "a trace\\nof two lines" (make "good2"));
  unreadable = make (builtins.readFile /nonexistent/name);
  good3 = make "good3";
  imported = import (make "import-fails");
  good4 = builtins.foldl' (d: n: builtins.trace "chatter \${toString n} \${many}" d) (make "good4") (builtins.genList (n: n) 1000);
  loud = builtins.trace "before the end" (throw "it throws");
}`;

const order = [
  ["good0", "aborted", "good1", "missing", "recursion"],
  ["good2", "unreadable", "good3", "imported", "good4"],
].flat();

describe("evaluating many systems of one file", () => {
  let folder: string;
  let hosts: Hosts;
  let restoreEnvironment: () => void;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "pulumi-nix-many-"));
    restoreEnvironment = setEnvironment({ ...environment(), ...oneWorker });
    writeFileSync(join(folder, "systems.nix"), systems);
    hosts = new Hosts();
  });
  after(async () => {
    restoreEnvironment();
    rmSync(folder, { recursive: true });
    await hosts.close();
  });
  beforeEach(() => (process.env["XDG_CACHE_HOME"] = mkdtempSync(join(folder, "cache-"))));

  for (const suite of ["bookworm", "trixie"] as const satisfies Suite[]) {
    describe(`with the Nix of ${suite}`, () => {
      let nix: Counting;
      before(async () => {
        const [host] = (await sharedFleet({ [suite]: 1 }))[suite];
        assert.ok(host);
        await host.sh(`mkdir -p ${folder} && cat >${folder}/systems.nix <<'END'\n${systems}\nEND`);
        nix = new Counting(await hosts.get(connectionSchema.parse(host.connection({}))));
      });

      const evaluate = async (...names: string[]): Promise<Record<string, Evaluation>> => {
        const sources: BuildSource[] = names.map((attr) => ({ file: join(folder, "systems.nix"), attr }));
        const found = await evaluateAll(sources, nix);
        return Object.fromEntries(names.map((name, at) => [name, found[at] as Evaluation]));
      };
      const reason = (one: Evaluation | undefined): string => (one?.ok === false ? one.reason : "");

      it("tells of each that is bad why, and of all others what they are", async () => {
        const found = await evaluate(...order);
        const good = Object.values(found).flatMap((one) => (one.ok ? [one.name] : []));
        assert.deepEqual(good, ["good0-base", "good1-base", "good2", "good3", "good4"]);
        assert.match(reason(found["aborted"]), /aborted with the following error message: 'it gives up'/);
        assert.match(reason(found["missing"]), /attribute 'b' missing/);
        assert.match(reason(found["recursion"]), /stack overflow|max-call-depth/);
        assert.match(reason(found["unreadable"]), /nonexistent\/name/);
        assert.match(reason(found["imported"]), /import-fails\.drv' failed/);
      });

      it("says what Nix says of each with that one, as much as there is room for", async () => {
        const found = await evaluate("good0", "good1", "good2", "good4", "loud");
        const said = (name: string) => found[name]?.messages ?? [];
        assert.deepEqual(said("good0"), [{ severity: "info", text: "the base is evaluated" }]);
        assert.deepEqual(said("good1"), []);
        assert.deepEqual(said("good2"), [
          { severity: "warning", text: "good2 is old" },
          { severity: "info", text: "a trace\nof two lines" },
        ]);
        assert.match(said("good4").at(0)?.text ?? "", /^chatter /);
        assert.equal(said("good4").at(-1)?.text, "and 950 more");
        assert.deepEqual(said("loud"), [{ severity: "info", text: "before the end" }]);
        assert.equal(reason(found["loud"]), "it throws");
      });
    });
  }

  it("takes two processes when they look beyond their folder, however many there are", async () => {
    const nix = new Counting(await hosts.get(connectionSchema.parse({ local: true })));
    const [far, near] = ["far", "near"].map((name) => mkdtempSync(join(folder, name))) as [string, string];
    writeFileSync(join(far, "make.nix"), `n: derivation { name = n; system = "s"; builder = "b"; }`);
    const names = Array.from({ length: 12 }, (_, n) => `n${n}`);
    writeFileSync(
      join(near, "all.nix"),
      `builtins.listToAttrs (map (name: { inherit name; value = import ${far}/make.nix name; }) ${JSON.stringify(names).replaceAll(",", " ")})`,
    );
    const found = await evaluateAll(
      names.map((attr) => ({ file: join(near, "all.nix"), attr })),
      nix,
    );
    assert.deepEqual(
      found.map((one) => one.ok && one.name),
      names,
    );
    assert.equal(nix.evaluations(), 2);
  });

  it("takes few processes although a text among them does not parse", async () => {
    const nix = new Counting(await hosts.get(connectionSchema.parse({ local: true })));
    const good: BuildSource[] = Array.from({ length: 16 }, (_, n) => ({
      expr: `derivation { name = "n${n}"; system = "s"; builder = "b"; }`,
    }));
    const found = await evaluateAll([...good.slice(0, 9), { expr: "let a = ; in a" }, ...good.slice(9)], nix);
    assert.deepEqual(
      found.flatMap((one, at) => (one.ok ? [] : [at])),
      [9],
    );
    // Halves until the text is alone, and it once more with all freedom.
    assert.ok(nix.evaluations() <= 11, `${nix.evaluations()} processes`);
  });

  it("keeps what Nix said with a result", async () => {
    const nix = new Counting(await hosts.get(connectionSchema.parse({ local: true })));
    const sources = [
      { expr: `builtins.trace "kept" (derivation { name = "n"; system = "s"; builder = "b"; })` },
    ];
    const first = await evaluateAll(sources, nix);
    assert.deepEqual(first[0]?.messages, [{ severity: "info", text: "kept" }]);
    assert.deepEqual(await evaluateAll(sources, nix), first);
    assert.equal(nix.evaluations(), 1);
  });

  it("fails what has no store paths to tell, and nothing beside it", async () => {
    const nix = new Counting(await hosts.get(connectionSchema.parse({ local: true })));
    const nixOptions = { "extra-experimental-features": "ca-derivations" };
    const found = await evaluateAll(
      [
        `derivation { name = "first"; system = "s"; builder = "b"; }`,
        `derivation { name = "floating"; system = "s"; builder = "b"; __contentAddressed = true; outputHashMode = "recursive"; outputHashAlgo = "sha256"; }`,
        `{ type = "derivation"; name = "likeness"; drvPath = "/nowhere"; outPath = "/nowhere"; }`,
        `derivation { name = "last"; system = "s"; builder = "b"; }`,
      ].map((expr) => ({ expr, nixOptions })),
      nix,
    );
    assert.deepEqual(
      found.map((one) => (one.ok ? one.name : one.reason)),
      [
        "first",
        "the path of its output 'out' is not known before it is built, as it must be here",
        "its drvPath is not a path in the Nix store",
        "last",
      ],
    );
  });

  describe("with arguments of the user's", () => {
    const evaluateWith = async (...extraArgs: string[]): Promise<Evaluation | undefined> => {
      const nix = new Counting(await hosts.get(connectionSchema.parse({ local: true })));
      const expr = `derivation { name = "n"; system = "s"; builder = "b"; }`;
      const [found] = await evaluateAll([{ expr, extraArgs }], nix);
      return found;
    };

    it("hears Nix although they ask it for another form of its log", async () => {
      assert.equal((await evaluateWith("--log-format", "bar-with-logs"))?.ok, true);
    });

    it("fails when they leave Nix nothing to say", async () => {
      const found = await evaluateWith("--version");
      assert.equal(found?.ok === false && found.reason, "Nix ended without a word of it");
    });
  });
});
