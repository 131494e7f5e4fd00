import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectionSchema } from "../../provider/connection";
import { Hosts } from "../../provider/host/pool";
import type { BuildSource } from "../../provider/nix/build-source";
import { evaluateAll, type Evaluation } from "../../provider/nix/evaluate";
import { environment, output, run, setEnvironment } from "../fleet";
import { Counting, oneWorker } from "./counting";

const library = (more: string): string => `{ version ? "1", text ? "" }: {
  web = derivation { name = "keys-\${version}"; system = "x86_64-linux"; builder = "/bin/sh"; more = "${more}"; inherit text; };
  flagged = derivation { name = "flagged"; system = builtins.currentSystem; builder = "/bin/sh"; };
}`;
const flake = `{ outputs = { self }: let system = "x86_64-linux"; in {
  packages.x86_64-linux.web = (import ./library.nix { }).web;
}; }`;

/** Undoes itself. */
type Change = () => () => void;

describe("a kept evaluation", () => {
  let folder: string;
  let hosts: Hosts;
  let nix: Counting;
  let restore: () => void;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "pulumi-nix-keys-"));
    mkdirSync(join(folder, "files/deep"), { recursive: true });
    writeFileSync(join(folder, "files/library.nix"), library("1"));
    writeFileSync(join(folder, "files/deep/data.txt"), "1");
    cpSync(join(folder, "files"), join(folder, "flake"), { recursive: true });
    writeFileSync(join(folder, "flake/flake.nix"), flake);
    const settings = { NIX_USER_CONF_FILES: join(folder, "nix.conf") };
    restore = setEnvironment({
      ...environment(),
      ...settings,
      ...oneWorker,
      XDG_CACHE_HOME: join(folder, "cache"),
    });
    hosts = new Hosts();
    nix = new Counting(await hosts.get(connectionSchema.parse({ local: true })));
  });
  afterEach(async () => {
    restore();
    rmSync(folder, { recursive: true });
    await hosts.close();
  });

  const kinds = {
    file: (): BuildSource => ({ file: join(folder, "files/library.nix"), attr: "web" }),
    flake: (): BuildSource => ({ flake: `${join(folder, "flake")}#web` }),
  };

  const evaluate = async (source: BuildSource): Promise<Evaluation & { ok: true }> => {
    const [found] = await evaluateAll([source], nix);
    assert.ok(found?.ok, JSON.stringify(found));
    return found;
  };
  const isEvaluated = async (source: BuildSource): Promise<boolean> => {
    const before = nix.evaluations();
    await evaluate(source);
    return nix.evaluations() > before;
  };

  const written =
    (name: string, text: string): Change =>
    () => {
      writeFileSync(join(folder, name), text);
      return () => undefined;
    };
  const variable =
    (name: string, value: string): Change =>
    () =>
      setEnvironment({ [name]: value });
  /** A Nix before the real one that says it is another. */
  const otherNix: Change = () => {
    const bin = join(folder, "bin");
    const inherited = String(process.env["PATH"]);
    const program = `#!/bin/sh
case $1 in --version) echo "nix-instantiate (Nix) 99.0" ;; *) PATH='${inherited}' exec nix-instantiate "$@" ;; esac
`;
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, "nix-instantiate"), program, { mode: 0o755 });
    return setEnvironment({ PATH: `${bin}:${inherited}` });
  };
  const surroundings: [string, Change][] = [
    ["another version of Nix", otherNix],
    ["a NIX_ variable", variable("NIX_SOMETHING", "else")],
    ["NIX_CONFIG", () => setEnvironment({ NIX_CONFIG: `${process.env["NIX_CONFIG"] ?? ""}\ncores = 3\n` })],
    ["other settings in a file", written("nix.conf", "max-jobs = 3\n")],
  ];
  const options: [string, Partial<BuildSource>][] = [
    ["nixOptions", { nixOptions: { cores: "3" } }],
    ["extraArgs", { extraArgs: ["--cores", "3"] }],
    ["system", { system: "x86_64-linux" }],
  ];

  for (const [kind, source] of Object.entries(kinds)) {
    describe(`of a ${kind}`, () => {
      it("serves as long as nothing changes", async () => {
        assert.deepEqual([await isEvaluated(source()), await isEvaluated(source())], [true, false]);
      });

      for (const [what, change] of surroundings) {
        it(`does not serve under ${what}`, async () => {
          await evaluate(source());
          const undo = change();
          try {
            assert.equal(await isEvaluated(source()), true);
            assert.equal(await isEvaluated(source()), false);
          } finally {
            undo();
          }
        });
      }

      for (const [what, more] of options) {
        it(`does not serve with other ${what}`, async () => {
          await evaluate(source());
          assert.equal(await isEvaluated({ ...source(), ...more }), true);
          assert.equal(await isEvaluated(source()), false);
        });
      }

      it("does not serve when its derivation was collected", async () => {
        const { drvPath } = await evaluate({ ...source(), nixOptions: { cores: "5" } });
        output("collecting it", await run(["nix-store", "--delete", drvPath]));
        assert.equal(existsSync(drvPath), false);
        assert.equal((await evaluate({ ...source(), nixOptions: { cores: "5" } })).drvPath, drvPath);
        assert.equal(existsSync(drvPath), true);
      });

      it("does not serve when a source file is changed, or another comes beside it", async () => {
        const place = kind === "file" ? "files" : "flake";
        const first = await evaluate(source());
        written(`${place}/library.nix`, library("2"))();
        assert.notEqual((await evaluate(source())).drvPath, first.drvPath);
        written(`${place}/deep/data.txt`, "2")();
        assert.equal(await isEvaluated(source()), true);
        written(`${place}/deep/more.txt`, "")();
        assert.equal(await isEvaluated(source()), true);
        assert.equal(await isEvaluated(source()), false);
      });
    });
  }

  it("serves although files that are no Nix name what reads from outside", async () => {
    written("files/index.ts", `import { getEnv } from "node"; if (pathExists("a")) getFlake();`)();
    written("files/large.js", `builtins.getEnv();${" ".repeat(2 ** 20)}`)();
    written("files/program", `\0 builtins.getEnv`)();
    assert.deepEqual([await isEvaluated(kinds.file()), await isEvaluated(kinds.file())], [true, false]);
  });

  it("does not serve with other arguments", async () => {
    const first = await evaluate({ ...kinds.file(), args: { text: "1" } });
    const second = await evaluate({ ...kinds.file(), args: { text: "2" } });
    assert.notEqual(first.drvPath, second.drvPath);
    assert.equal(await isEvaluated({ ...kinds.file(), args: { text: "2" } }), false);
  });

  it("does not serve for another attribute", async () => {
    await evaluate(kinds.file());
    assert.equal((await evaluate({ ...kinds.file(), attr: "flagged" })).name, "flagged");
  });

  it("does not serve when a locked input is another", async () => {
    // flake.lock pins the input; a new lock is another content of the flake.
    const input = join(folder, "input");
    const locked = async (text: string): Promise<void> => {
      mkdirSync(input, { recursive: true });
      writeFileSync(join(input, "flake.nix"), `{ outputs = { self }: { more = "${text}"; }; }`);
      const argv = ["nix", ...features, "flake", "lock", "--recreate-lock-file", join(folder, "flake")];
      output(argv.join(" "), await run(argv));
    };
    const features = ["--extra-experimental-features", "nix-command flakes"];
    const text = `{ inputs.other.url = "path:${input}"; outputs = { self, other }: { packages.x86_64-linux.web =
      derivation { name = "locked-\${other.more}"; system = "x86_64-linux"; builder = "/bin/sh"; }; }; }`;
    written("flake/flake.nix", text)();
    await locked("one");
    assert.equal((await evaluate(kinds.flake())).name, "locked-one");
    await locked("two");
    assert.equal((await evaluate(kinds.flake())).name, "locked-two");
    assert.equal(await isEvaluated(kinds.flake()), false);
  });

  describe("is none of a source that reads from outside of its folder:", () => {
    const derivation = (name: string): string =>
      `derivation { name = ${name}; system = "s"; builder = "b"; }`;
    const git = async (place: string, ...argv: string[]): Promise<void> => {
      const who = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
      output(argv.join(" "), await run(["git", "-C", join(folder, place), ...who, ...argv]));
    };
    const commit = (place: string): Promise<void> => git(place, "commit", "--quiet", "--allow-empty", "-mit");
    /** Evaluates a file of this text before and after a change that is not in its folder. */
    const differs = async (text: string, change: () => unknown): Promise<void> => {
      written("files/reading.nix", text)();
      const source = { file: join(folder, "files/reading.nix") };
      const before = await evaluate(source);
      await change();
      assert.notEqual((await evaluate(source)).name, before.name);
    };

    it("fetchTree of a folder", async () => {
      mkdirSync(join(folder, "outside"));
      written("outside/name.nix", `"one"`)();
      const tree = `builtins.fetchTree { type = "path"; path = "${folder}/outside"; }`;
      await differs(derivation(`import ((${tree}) + "/name.nix")`), written("outside/name.nix", `"two"`));
    });

    it("getFlake", async () => {
      written("flake/flake.nix", `{ outputs = { self }: { name = "one"; }; }`)();
      const text = derivation(`(builtins.getFlake "path:${folder}/flake").name`);
      await differs(text, written("flake/flake.nix", `{ outputs = { self }: { name = "two"; }; }`));
    });

    it("fetchGit of a work tree, whose HEAD is where its repository is", async () => {
      mkdirSync(join(folder, "repository"));
      await git("repository", "init", "--quiet");
      await commit("repository");
      rmSync(join(folder, "files"), { recursive: true });
      await git("repository", "worktree", "add", "--quiet", join(folder, "files"));
      written("files/reading.nix", derivation("(builtins.fetchGit ./.).rev"))();
      await git("files", "add", "--all");
      await commit("files");
      await differs(derivation("(builtins.fetchGit ./.).rev"), () => commit("files"));
    });

    it("a file without .nix in its name that names the environment", async () => {
      written("files/conf", `builtins.getEnv "NAME_OF_TEST"`)();
      const change = (): void => void setEnvironment({ NAME_OF_TEST: "two" });
      await differs(derivation(`"n" + import ./conf`), change);
    });

    it("a home folder", async () => {
      const change = (): void => void setEnvironment({ HOME: join(folder, "two") });
      await differs(derivation("baseNameOf (toString ~/.)"), change);
    });

    it("the search path, by the name under which it may read its folder", async () => {
      mkdirSync(join(folder, "outside"));
      written("outside/data.nix", `"outside"`)();
      written("files/data.nix", `"inside"`)();
      written("files/reading.nix", derivation("import <source/data.nix>"))();
      setEnvironment({ NIX_PATH: `source=${folder}/outside` });
      assert.equal((await evaluate({ file: join(folder, "files/reading.nix") })).name, "outside");
    });

    it("the folder of the program, in an expression", async () => {
      const source = { expr: derivation("baseNameOf (toString ./.)") };
      const inherited = process.cwd();
      try {
        const names = [];
        for (const place of ["files", "flake"]) {
          process.chdir(join(folder, place));
          names.push((await evaluate(source)).name);
        }
        assert.deepEqual(names, ["files", "flake"]);
      } finally {
        process.chdir(inherited);
      }
    });

    it("a file that stands behind more files than are read", async () => {
      mkdirSync(join(folder, "files/before"));
      for (let file = 0; file <= 4_000; file++) writeFileSync(join(folder, "files/before", String(file)), "");
      written("files/conf", `builtins.getEnv "NAME_OF_TEST"`)();
      const change = (): void => void setEnvironment({ NAME_OF_TEST: "two" });
      await differs(derivation(`"n" + import ./conf`), change);
    });
  });

  it("is none when its folder vanished meanwhile, which fails nothing", async () => {
    const sources = [kinds.file(), { expr: `derivation { name = "n"; system = "s"; builder = "b"; }` }];
    const found = await evaluateAll(sources, nix, ({ index }) => {
      if (index === 1) rmSync(join(folder, "files"), { recursive: true });
    });
    assert.deepEqual(
      found.map((one) => (one.ok ? one.name : one.reason)),
      ["keys-1", "n"],
    );
    mkdirSync(join(folder, "files/deep"), { recursive: true });
    written("files/library.nix", library("1"))();
    written("files/deep/data.txt", "1")();
    await evaluateAll(sources, nix);
    assert.equal(nix.evaluations(), 2);
  });
});
