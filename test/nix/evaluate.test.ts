import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Hosts } from "../../provider/host/pool";
import type { BuildSource } from "../../provider/nix/build-source";
import { evaluateAll, type Evaluation } from "../../provider/nix/evaluate";
import { connectionSchema } from "../../provider/connection";
import { environment, setEnvironment, sharedFleet, type Suite } from "../fleet";
import { Counting, oneWorker } from "./counting";

const library = `
{ version ? "1", flavour ? "plain" }: {
  web = derivation { name = "web-\${version}-\${flavour}"; system = "x86_64-linux"; builder = "/bin/sh"; };
  two = derivation { name = "two"; system = "x86_64-linux"; builder = "/bin/sh"; outputs = [ "out" "dev" ]; };
  nested."with.dot".web = derivation { name = "nested"; system = "x86_64-linux"; builder = "/bin/sh"; };
  bad = throw "this one is bad";
  worse = abort "this one is worse";
  list = [ 1 2 ];
  needs = { name, ... }@all: derivation { name = name + all.more; system = "x86_64-linux"; builder = "/bin/sh"; };
}`;

describe("evaluating builds", () => {
  let folder: string;
  let cache: string;
  let hosts: Hosts;
  let restoreEnvironment: () => void;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "pulumi-nix-evaluate-"));
    cache = mkdtempSync(join(tmpdir(), "pulumi-nix-evaluations-"));
    restoreEnvironment = setEnvironment({ ...environment(), XDG_CACHE_HOME: cache, ...oneWorker });
    writeFileSync(join(folder, "library.nix"), library);
    writeFileSync(join(folder, "broken.nix"), "{ web = 1 +; }\n");
    hosts = new Hosts();
  });
  after(async () => {
    restoreEnvironment();
    for (const made of [folder, cache]) rmSync(made, { recursive: true });
    await hosts.close();
  });

  const library_ = () => join(folder, "library.nix");

  for (const suite of ["bookworm", "trixie"] as const satisfies Suite[]) {
    describe(`with the Nix of ${suite}`, () => {
      let nix: Counting;
      before(async () => {
        const [host] = (await sharedFleet({ [suite]: 1 }))[suite];
        assert.ok(host);
        for (const name of ["library.nix", "broken.nix"])
          cpSync(join(folder, name), host.path(join("root", name)));
        await host.sh(`mkdir -p ${folder} && cp /root/*.nix ${folder}`);
        const connection = connectionSchema.parse(host.connection({}));
        nix = new Counting(await hosts.get(connection));
      });
      beforeEach(() => nix.commands.splice(0));

      const evaluate = (...sources: Parameters<typeof evaluateAll>[0]): Promise<Evaluation[]> =>
        evaluateAll(sources, nix);
      const reason = (evaluation: Evaluation | undefined): string =>
        evaluation === undefined || evaluation.ok ? "" : `${evaluation.property}: ${evaluation.reason}`;

      it("many builds take one process, and all outputs are known", async () => {
        const found = await evaluate(
          { file: library_(), attr: "web" },
          { file: library_(), attr: "two" },
          { file: library_(), attr: 'nested."with.dot".web' },
          { expr: `derivation { name = "inline"; system = "x86_64-linux"; builder = "/bin/sh"; }` },
        );
        assert.deepEqual(
          found.map((one) => one.ok && one.name),
          ["web-1-plain", "two", "nested", "inline"],
        );
        assert.deepEqual(found[1]?.ok && Object.keys(found[1].outputs), ["dev", "out"]);
        assert.equal(nix.evaluations(), 1);
      });

      it("arguments arrive exactly, and only where they are named", async () => {
        const [one, two, three] = await evaluate(
          { file: library_(), attr: "web", args: { version: '2"${x}\\' } },
          { file: library_(), attr: "needs", args: { name: "n-", more: "m", version: "9" } },
          {
            expr: `{ n, deep }: derivation { name = "n\${toString (n + deep.list.x)}"; system = "s"; builder = "b"; }`,
            args: { n: 1, deep: { list: { x: 41 } } },
          },
        );
        assert.match(reason(one), /invalid|illegal|not allowed|contains/i);
        assert.equal(two?.ok && two.name, "n-m");
        assert.equal(three?.ok && three.name, "n42");
      });

      it("each failure is told of its own build, with Nix's own message, and hides no other", async () => {
        const found = await evaluate(
          { file: library_(), attr: "bad" },
          { file: library_(), attr: "web" },
          { file: library_(), attr: "worse" },
          { file: library_(), attr: "wob" },
          { file: library_(), attr: "list" },
          { file: join(folder, "broken.nix"), attr: "web" },
          { file: join(folder, "missing.nix") },
          { expr: "let a = ; in a" },
          { file: library_(), attr: "web", args: { versoin: "2" } },
          { file: library_(), attr: "two" },
        );
        assert.deepEqual(
          found.map((one) => one.ok),
          [false, true, false, false, false, false, false, false, false, true],
        );
        assert.match(reason(found[0]), /^file: .*this one is bad/);
        assert.match(reason(found[2]), /this one is worse/);
        assert.equal(
          reason(found[3]),
          "attr: attribute 'wob' not found at the top; there are: bad, list, needs, nested, two, web, worse",
        );
        assert.match(reason(found[4]), /^attr: 'list' is not a derivation but a list/);
        assert.match(reason(found[5]), /^file: syntax error.*broken\.nix:1/s);
        assert.match(reason(found[6]), /^file: .*missing\.nix/);
        assert.match(reason(found[7]), /^expr: syntax error.*line 1 of the expression/s);
        assert.equal(
          reason(found[8]),
          "args: no function takes an argument 'versoin'; there are: flavour, version",
        );
      });
    });
  }

  describe("again, in another run", () => {
    // Nothing that the hosts' Nix found: their derivations are not in this machine's store.
    before(() => (process.env["XDG_CACHE_HOME"] = join(cache, "here")));

    let nix: Counting;
    const again = async (...sources: Parameters<typeof evaluateAll>[0]): Promise<number> => {
      nix = new Counting(await hosts.get(connectionSchema.parse({ local: true })));
      const found = await evaluateAll(sources, nix);
      assert.ok(
        found.every(({ ok }) => ok),
        JSON.stringify(found),
      );
      return nix.evaluations();
    };

    it("what depends on nothing but its own folder, arguments and options is not evaluated again", async () => {
      const source = { file: library_(), attr: "web", args: { version: "7" } };
      assert.equal(await again(source), 1);
      assert.equal(await again(source), 0);
      assert.equal(await again({ ...source, args: { version: "8" } }), 1);
      assert.equal(await again({ ...source, attr: "two", args: {} }), 1);
      assert.equal(await again({ ...source, nixOptions: { "max-jobs": "1" } }), 1);
      writeFileSync(join(folder, "beside.txt"), "a file beside it");
      assert.equal(await again(source), 1);
      assert.equal(await again(source), 0);
    });

    it("what looks at its surroundings is evaluated every time", async () => {
      const time = {
        expr: `derivation { name = "t\${toString builtins.currentTime}"; system = "s"; builder = "b"; }`,
      };
      assert.equal(await again(time), 1);
      assert.equal(await again(time), 1);
      process.env["HOME_OF_TEST"] = "one";
      const named = {
        expr: `derivation { name = "e\${builtins.getEnv "HOME_OF_TEST"}"; system = "s"; builder = "b"; }`,
      };
      const [one] = await evaluateAll([named], nix);
      process.env["HOME_OF_TEST"] = "two";
      const [two] = await evaluateAll([named], nix);
      assert.deepEqual([one?.ok && one.name, two?.ok && two.name], ["eone", "etwo"]);
    });

    it("what reads beyond its folder is evaluated plainly, and every time", async () => {
      const far = mkdtempSync(join(tmpdir(), "pulumi-nix-far-"));
      writeFileSync(join(far, "far.nix"), `import ${folder}/library.nix`);
      const source = { file: join(far, "far.nix"), attr: "web" };
      assert.equal(await again(source), 2);
      assert.equal(await again(source), 2);
      rmSync(far, { recursive: true });
    });

    it("what is found by NIX_PATH is evaluated every time", async () => {
      process.env["NIX_PATH"] = `searched=${folder}`;
      try {
        const source = { expr: "(import <searched/library.nix> {}).web" };
        assert.equal(await again(source), 2);
        assert.equal(await again(source), 2);
      } finally {
        delete process.env["NIX_PATH"];
      }
    });

    it("what options open to it beside its own folder is evaluated every time", async () => {
      const beside = mkdtempSync(join(tmpdir(), "pulumi-nix-beside-"));
      const expr = `derivation { name = import <ext/name.nix>; system = "s"; builder = "b"; }`;
      const openings: Partial<BuildSource>[] = [
        { extraArgs: ["-I", `ext=${beside}`] },
        { extraArgs: ["--include", `ext=${beside}`] },
        { extraArgs: ["--option", "nix-path", `ext=${beside}`] },
        { nixOptions: { "nix-path": `ext=${beside}` } },
      ];
      const here = await hosts.get(connectionSchema.parse({ local: true }));
      const names = async (): Promise<unknown[]> => {
        const found = await evaluateAll(
          openings.map((opening) => ({ expr, ...opening })),
          here,
        );
        return found.map((one) => (one.ok ? one.name : one.reason));
      };
      try {
        writeFileSync(join(beside, "name.nix"), `"one"`);
        assert.deepEqual(await names(), Array(4).fill("one"));
        writeFileSync(join(beside, "name.nix"), `"two"`);
        assert.deepEqual(await names(), Array(4).fill("two"));
      } finally {
        rmSync(beside, { recursive: true });
      }
    });

    it("settings count wherever Nix reads them, and with an include among them nothing is kept", async () => {
      const expr = `derivation { name = "by-settings"; system = builtins.currentSystem; builder = "b"; }`;
      const [nixFolder, home] = ["conf", "home"].map((name) => join(folder, name)) as [string, string];
      const user = join(home, "nix/nix.conf");
      const listed = join(folder, "listed.conf");
      mkdirSync(nixFolder);
      mkdirSync(join(home, "nix"), { recursive: true });
      const restore = setEnvironment({ NIX_CONF_DIR: nixFolder, XDG_CONFIG_HOME: home });
      try {
        for (const file of [join(nixFolder, "nix.conf"), user, listed]) {
          if (file === listed) process.env["NIX_USER_CONF_FILES"] = listed;
          writeFileSync(file, "max-jobs = 1\n");
          assert.equal(await again({ expr }), 1, file);
          assert.equal(await again({ expr }), 0, file);
          writeFileSync(file, "max-jobs = 2\n");
          assert.equal(await again({ expr }), 1, file);
        }
        writeFileSync(listed, "!include more.conf\n");
        assert.equal(await again({ expr }), 1);
        assert.equal(await again({ expr }), 1);
      } finally {
        restore();
      }
    });

    it("a flake is pinned to its content, and evaluated again only when that changes", async () => {
      const flake = join(folder, "flake");
      cpSync(library_(), join(flake, "library.nix"), { recursive: true });
      const text = (name: string): string =>
        `{ outputs = { self }: { packages.x86_64-linux.web = (import ./library.nix {}).web; ` +
        `top = derivation { name = "${name}"; system = "s"; builder = "b"; }; }; }`;
      writeFileSync(join(flake, "flake.nix"), text("top-1"));
      const sources = [{ flake: `${flake}#web` }, { flake: `${flake}#top` }];
      assert.equal(await again(...sources), 1);
      assert.equal(await again(...sources), 0);
      writeFileSync(join(flake, "flake.nix"), text("top-2"));
      const found = await evaluateAll(sources, nix);
      assert.deepEqual(
        found.map((one) => one.ok && one.name),
        ["web-1-plain", "top-2"],
      );
    });
  });
});
